// The figures at the top: what the account brought, as its node measured it.
import { h } from "./dom.js";
import { known, measure, sign, title } from "./words.js";

const TILES = [
  "total_return", "cagr", "sharpe", "sortino", "max_drawdown", "calmar", "volatility", "win_rate", "profit_factor",
  "exposure",
];
const BESIDE = {
  total_return: (m) => side("hold", "benchmark_return", m) ?? side("hold", "buy_and_hold", m),
  max_drawdown: (m) => (known(m.max_drawdown_bars) ? `${measure("bars", m.max_drawdown_bars)} bars long` : null),
  win_rate: (m) => side("trades", "n_trades", m) ?? side("trades", "trades", m),
  profit_factor: (m) => side("expectancy", "expectancy", m),
  exposure: (m) => side("turnover", "turnover_per_year", m),
  cagr: (m) => (known(m.final_equity) ? `ends at ${measure("", m.final_equity)}` : null),
};
const SIGNED = new Set(["total_return", "cagr", "max_drawdown"]);

/** The tiles of an account's metrics, and all of them below, closed. */
export function figures(target, metrics, account) {
  if (!target) return;
  const names = Object.keys(metrics);
  const tiles = TILES.filter((name) => name in metrics);
  for (const name of names) if (tiles.length < 6 && !tiles.includes(name)) tiles.push(name);
  const made = tiles.map((name) => {
    const value = metrics[name];
    const style = SIGNED.has(name) ? sign(value) : "";
    const beside = BESIDE[name]?.(metrics);
    return h(
      "div",
      { class: "tile" },
      h("span", { class: "what" }, title(name)),
      h("strong", { class: style }, measure(name, value)),
      h("span", { class: "beside" }, beside ?? ""),
    );
  });
  const rows = names.map((name) => h("div", {}, h("dt", {}, title(name)), h("dd", {}, measure(name, metrics[name]))));
  const every = names.length
    ? h("details", { class: "every" }, h("summary", {}, `All ${names.length} metrics of ${account.name}`), h("dl", {}, rows))
    : h("p", { class: "dim" }, "No node measured this account: add `performance` or a back-test.");
  target.replaceChildren(h("div", { class: "tiles" }, made), every);
}

function side(word, name, metrics) {
  return known(metrics[name]) ? `${word} ${measure(name, metrics[name])}` : null;
}
