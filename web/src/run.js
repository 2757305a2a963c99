// The page of one run: a symbol and an account are chosen, everything else follows.
import { monthsOf } from "./account.js";
import { Chart } from "./chart.js";
import { byId, choice, h } from "./dom.js";
import { figures } from "./figures.js";
import { months } from "./months.js";
import { panesOf } from "./panes.js";
import { load, marksOf, withDrawdown } from "./plot.js";
import { symbolTable, tradeTable, tradesOf } from "./results.js";
import { onTheme, theme } from "./theme.js";
import { readout, toolbar } from "./toolbar.js";
import { unpackColumns, unpackJson } from "./unpack.js";

export async function run(report) {
  const page = new RunPage(report);
  await page.select(page.state.symbol, page.state.account);
  onTheme(() => page.draw({ keep: true }));
  return page;
}

class RunPage {
  constructor(report) {
    this.report = report;
    this.daily = report.seconds >= 86_400;
    const first = report.symbols.findIndex((symbol) => symbol.chart !== null);
    this.state = { symbol: Math.max(first, 0), account: 0, log: false };
    this.shown = new Set(report.series.filter((one) => one.shown).map((one) => one.id));
    this.loaded = new Map();
    this.box = h("div", { class: "chart", role: "img", "aria-label": "Prices, account and indicators" });
    this.legend = h("div", { class: "legend" });
    this.chart = new Chart(this.box, (row) => this.read(row));
    this.tools = toolbar(this);
    byId("charts").append(this.tools, this.legend, this.box);
    this.curves = new Map();
  }

  get symbol() {
    return this.report.symbols[this.state.symbol];
  }

  get account() {
    return this.report.accounts[this.state.account];
  }

  /** Turns to a symbol and an account; `trade` is one of its trades to zoom to. */
  async select(symbol, account) {
    Object.assign(this.state, { symbol, account });
    this.trades = await tradesOf(this.symbol, account);
    this.data = await this.dataOf(this.symbol);
    this.choices();
    figures(byId("figures"), this.metrics, this.account);
    this.draw();
    await this.tables();
  }

  /** The metrics of the chosen account: of the symbol, or of all where they share one. */
  get metrics() {
    return this.account?.metrics[this.symbol?.name] ?? this.account?.metrics[""] ?? {};
  }

  get cash() {
    return this.metrics.initial_cash ?? (this.account && !this.account.trades ? 1 : NaN);
  }

  async dataOf(symbol) {
    if (!symbol || symbol.chart === null) return null;
    if (!this.loaded.has(symbol.chart)) {
      // few are kept: a symbol may have a million values
      if (this.loaded.size >= 4) this.loaded.delete(this.loaded.keys().next().value);
      this.loaded.set(symbol.chart, await load(this.report.charts[symbol.chart]));
    }
    return this.loaded.get(symbol.chart);
  }

  choices() {
    const { symbols, accounts } = this.report;
    const boxes = [];
    if (symbols.length > 1) {
      const pick = (at) => this.select(at, this.state.account);
      boxes.push(choice("Symbol", symbols.map((one) => one.name), this.state.symbol, pick));
    }
    if (accounts.length > 1) {
      const pick = (at) => this.select(this.state.symbol, at);
      boxes.push(choice("Account", accounts.map((one) => one.name), this.state.account, pick));
    }
    const active = document.activeElement?.closest("#choices") ? document.activeElement.parentElement.textContent : "";
    byId("choices").replaceChildren(...boxes);
    const again = boxes.find((box) => active && box.firstChild.textContent === active.slice(0, box.firstChild.textContent.length));
    again?.querySelector("select").focus();
  }

  /** Draws the chart anew, at the bars that are shown where `keep` says so. */
  draw({ keep = false } = {}) {
    const has = (id) => Boolean(id) && this.data?.columns[id] !== undefined;
    const series = this.report.series.filter((one) => (one.account ?? this.state.account) === this.state.account);
    this.tools.hidden = this.box.hidden = !this.data;
    if (!this.data) {
      const text = this.report.charts.length
        ? `${this.symbol?.name ?? ""} is not charted in this report: tradegraph report --symbols chooses.`
        : "There is nothing to chart.";
      this.legend.replaceChildren(h("p", { class: "dim" }, text));
      return;
    }
    const colours = theme();
    const account = has(this.account?.equity) ? this.account : null;
    const falls = account ? withDrawdown(this.data, account.equity, this.cash) : "";
    const panes = panesOf({ series, shown: this.shown, account, falls, has, colours });
    const range = keep ? this.chart.visible : {};
    this.marks = marksOf(this.data, this.trades);
    Object.assign(this, { panes, series });
    this.legend.replaceChildren(...readout(this, colours, has));
    this.chart.show({
      data: this.data, panes, marks: this.marks, colours, daily: this.daily, seconds: this.report.seconds,
      log: this.state.log, chosen: keep ? this.chart.chosen : null, ...range,
    });
  }

  toggle(id) {
    if (this.shown.has(id)) this.shown.delete(id);
    else this.shown.add(id);
    this.draw({ keep: true });
  }

  read(row) {
    this.legend.dispatchEvent(new CustomEvent("read", { detail: row }));
  }

  async tables() {
    const names = byId("symbol-table");
    if (names) symbolTable(names, this);
    const list = byId("trade-table");
    if (list) tradeTable(list, this);
    const grid = byId("month-table");
    if (grid) months(grid, await this.months());
  }

  /** Returns by month, of the curve where one account has all symbols. */
  async months() {
    const account = this.account;
    if (account?.curve) {
      if (!this.curves.has(account)) this.curves.set(account, await unpackColumns(account.curve));
      const curve = this.curves.get(account);
      return monthsOf(curve.t.map((offset) => offset + account.curve.start), curve.e, this.cash);
    }
    if (!this.data || !account?.equity || !this.data.columns[account.equity]) return [];
    return monthsOf(this.data.times, this.data.columns[account.equity], this.cash);
  }

  /** Shows a trade in the chart. */
  zoomTo(trade) {
    if (!this.data) return;
    this.chart.zoomTo(trade);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    byId("chart").scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }
}
