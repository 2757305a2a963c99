// The page of a sweep or a batch: what is compared is chosen at the top; a cell that is picked is looked at below.
import { byId, choice, h } from "./dom.js";
import { Grid, mean, median } from "./grid.js";
import { drawMap } from "./heatmap.js";
import { drawStability } from "./stability.js";
import { table } from "./table.js";
import { unpackColumns } from "./unpack.js";
import { known, measure, plain, title } from "./words.js";

export async function sweep(report) {
  const columns = await unpackColumns(report.packed);
  const page = new SweepPage(report, new Grid(report, report.columns.map((_, at) => columns[at])));
  page.draw();
  return page;
}

const SMALLEST = new Set(["volatility", "downside_risk", "max_drawdown_bars", "fees_paid"]);

class SweepPage {
  constructor(report, grid) {
    this.report = report;
    this.grid = grid;
    const axes = this.axes;
    const numeric = axes.filter((axis) => axis !== "symbol" && report.params[axis].numeric && grid.lengthOf(axis) > 1);
    // the finest first: what has more values has more to show
    numeric.sort((one, other) => grid.lengthOf(other) - grid.lengthOf(one));
    const [across, down] = [...numeric, ...axes.filter((axis) => !numeric.includes(axis) && grid.lengthOf(axis) > 1), ...axes];
    const turned = report.kind === "batch" && axes.includes("symbol");
    this.state = {
      node: 0, metric: Math.max(report.metrics.indexOf(report.objective), 0), symbol: "mean", join: "best", least: false, cell: null,
      across: turned ? "symbol" : (across ?? null),
      down: turned ? 0 : down === across ? null : (down ?? null),
    };
    // what the sweep was told to look for, in the sense that it was told
    this.state.least = this.metric === report.objective ? report.least : SMALLEST.has(this.metric);
  }

  get axes() {
    const params = this.report.params.map((_, at) => at);
    return this.report.symbols.length > 1 ? [...params, "symbol"] : params;
  }

  get metric() {
    return this.report.metrics[this.state.metric] ?? "";
  }

  nameOf(axis) {
    return axis === null ? "–" : axis === "symbol" ? "symbol" : this.report.params[axis].name;
  }

  valuesOf(symbol = null, metric = this.state.metric) {
    return this.grid.values(this.state.node, metric, symbol ?? this.state.symbol);
  }

  /** What a cell is called: its params, or its graph. */
  titleOf(cell) {
    const { at, name } = this.report.cells[cell];
    if (this.report.kind === "batch") return String(name);
    return this.report.params.map(({ name: param, values }, place) => `${param} ${plain(values[at[place]])}`).join(", ");
  }

  change(part) {
    Object.assign(this.state, part);
    this.draw();
  }

  pick(cell) {
    this.state.cell = cell;
    this.draw({ controls: false });
  }

  draw({ controls = true } = {}) {
    if (!this.report.metrics.length) {
      byId("figures").replaceChildren(h("p", { class: "dim" }, "No cell has metrics."));
      return;
    }
    if (controls) this.controls();
    this.values = this.valuesOf();
    this.ranking = this.grid.ranked(this.values, this.state.least);
    this.chosen = this.state.cell ?? this.ranking[0] ?? null;
    this.figures();
    drawMap(byId("heat-map"), this);
    this.ranks();
    if (byId("stability-table")) drawStability(byId("stability-table"), this);
  }

  controls() {
    const { report, state } = this;
    const boxes = [];
    if (report.nodes.length > 1) boxes.push(choice("Node", report.nodes, state.node, (at) => this.change({ node: at })));
    const metric = (at) => this.change({ metric: at, least: SMALLEST.has(report.metrics[at]), cell: null });
    boxes.push(choice("Metric", report.metrics.map(title), state.metric, metric));
    boxes.push(choice("Best is the", ["largest", "smallest"], Number(state.least), (at) => this.change({ least: at === 1, cell: null })));
    if (report.symbols.length > 1) {
      const names = ["mean of symbols", "median of symbols", ...report.symbols];
      const at = state.symbol === "mean" ? 0 : state.symbol === "median" ? 1 : state.symbol + 2;
      const pick = (place) => this.change({ symbol: place === 0 ? "mean" : place === 1 ? "median" : place - 2, cell: null });
      boxes.push(choice("Of", names, at, pick));
    }
    const { axes } = this;
    if (axes.length > 1) {
      const names = axes.map((axis) => this.nameOf(axis));
      const other = (axis) => (axis === state.down ? state.across : state.down);
      boxes.push(choice("Across", names, axes.indexOf(state.across), (at) => this.change({ across: axes[at], down: other(axes[at]) })));
      const turn = (axis) => (axis === state.across ? state.down : state.across);
      boxes.push(choice("Down", names, axes.indexOf(state.down), (at) => this.change({ down: axes[at], across: turn(axes[at]) })));
    }
    if (this.others.length) {
      const joins = ["best", "mean", "cell"];
      const names = ["their best", "their mean", "as in the chosen cell"];
      boxes.push(choice(`Other params (${this.others.join(", ")})`, names, joins.indexOf(state.join), (at) => this.change({ join: joins[at] })));
    }
    const active = document.activeElement?.tagName === "SELECT" ? [...byId("choices").querySelectorAll("select")].indexOf(document.activeElement) : -1;
    byId("choices").replaceChildren(...boxes);
    if (active >= 0) byId("choices").querySelectorAll("select")[active]?.focus();
  }

  /** The params that the map does not show. */
  get others() {
    const { across, down } = this.state;
    return this.report.params.filter(({ values }, at) => at !== across && at !== down && values.length > 1).map(({ name }) => name);
  }

  figures() {
    const known_ = this.ranking.map((cell) => this.values[cell]);
    const best = this.ranking[0];
    const say = (value) => measure(this.metric, value);
    const tile = (what, value, beside = "") =>
      h("div", { class: "tile" }, h("span", { class: "what" }, what), h("strong", {}, value), h("span", { class: "beside" }, beside));
    if (best === undefined) {
      byId("figures").replaceChildren(h("p", { class: "dim" }, "No cell has a value of this metric."));
      return;
    }
    const near = this.grid.neighbours(best).map(({ cell }) => this.values[cell]).filter(known);
    const batch = this.report.kind === "batch";
    byId("figures").replaceChildren(
      h("div", { class: "tiles" },
        tile(`Best ${title(this.metric).toLowerCase()}`, say(known_[0]), this.titleOf(best)),
        near.length ? tile("Its neighbours", say(mean(near)), `mean of ${near.length}, worst ${say(this.state.least ? Math.max(...near) : Math.min(...near))}`) : "",
        tile(batch ? "Median graph" : "Median cell", say(median(known_)), `of ${known_.length}`),
        tile(batch ? "Worst graph" : "Worst cell", say(known_.at(-1)), this.titleOf(this.ranking.at(-1))),
        tile("Above 0", `${Math.round((100 * known_.filter((value) => value > 0).length) / known_.length)} %`, batch ? "of graphs" : "of cells"),
      ),
    );
  }

  ranks() {
    const { report, state } = this;
    const shown = report.metrics.slice(0, 12);
    const found = new Map(shown.map((name, at) => [name, this.valuesOf(null, at)]));
    const rank = new Map(this.ranking.map((cell, at) => [cell, at + 1]));
    const params = report.params.map(({ name, values, numeric }, at) => ({
      title: name, num: numeric, value: (cell) => values[report.cells[cell].at[at]], text: (cell) => plain(values[report.cells[cell].at[at]]),
    }));
    const first = { title: "Rank", num: true, value: (cell) => rank.get(cell), text: (cell) => String(rank.get(cell)) };
    const metrics = shown.map((name) => ({
      title: title(name), num: true, value: (cell) => found.get(name)[cell], text: (cell) => measure(name, found.get(name)[cell]),
      style: () => (name === this.metric ? "main" : ""),
    }));
    table(byId("ranking-table"), {
      columns: [first, ...params, ...metrics], rows: this.ranking, label: "Ranking", page: 25,
      chosen: (cell) => cell === this.chosen, pick: (cell) => this.pick(cell),
      sort: state.sort,
    });
  }
}
