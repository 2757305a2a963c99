// How steady a cell is: what lies one step beside it, and how it does in each symbol.
import { h } from "./dom.js";
import { mean } from "./grid.js";
import { table } from "./table.js";
import { known, measure, percent, plain, title } from "./words.js";

export function drawStability(target, page) {
  const cell = page.chosen;
  if (cell === null) {
    target.replaceChildren();
    return;
  }
  const { grid, values, report } = page;
  const say = (value) => measure(page.metric, value);
  const here = values[cell];
  const beside = grid.neighbours(cell);
  const near = beside.map((one) => values[one.cell]).filter(known);
  const place = page.ranking.indexOf(cell) + 1;
  const lead = [
    h("b", {}, page.titleOf(cell)), `: ${title(page.metric).toLowerCase()} ${say(here)}, `,
    place ? `number ${place} of ${page.ranking.length}. ` : "",
    near.length
      ? `Its ${near.length} neighbours have ${say(mean(near))} in the mean${here > 0 ? `, ${percent(mean(near) / here, 0)} of it` : ""}; a peak that stands alone is luck.`
      : "It has no neighbours: no numeric param has a value beside it.",
  ];
  const numeric = report.params.map((param, at) => ({ ...param, at })).filter((param) => param.numeric && param.values.length > 1);
  const rows = numeric.map(({ name, values: steps, at }) => {
    const mine = report.cells[cell].at[at];
    const other = (step) => beside.find((one) => one.param === at && one.step === step);
    const side = (step) => {
      const found = other(step);
      if (!found) return h("td", { class: "num dim" }, mine + step < 0 || mine + step >= steps.length ? "edge of the grid" : "no result");
      const button = h("button", { type: "button", class: "pick", onclick: () => page.pick(found.cell) }, `${plain(steps[mine + step])}: ${say(values[found.cell])}`);
      return h("td", { class: "num" }, button);
    };
    return h("tr", {}, h("th", { scope: "row" }, name), side(-1), h("td", { class: "num main" }, `${plain(steps[mine])}: ${say(here)}`), side(1));
  });
  const parts = [h("p", { class: "lead" }, lead)];
  if (rows.length) {
    const heads = ["Param", "One step down", "Here", "One step up"].map((name, at) => h("th", { class: at ? "num" : null, scope: "col" }, name));
    parts.push(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Neighbours" },
      h("table", { "aria-label": "Neighbours" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))));
  }
  target.replaceChildren(...parts);
  if (report.symbols.length > 1) {
    const box = h("div", {});
    target.append(h("h3", {}, "By symbol"), box);
    bySymbol(box, page, cell);
  }
}

function bySymbol(target, page, cell) {
  const { grid, report, state } = page;
  const rows = report.symbols.map((name, symbol) => {
    const values = page.valuesOf(symbol);
    const ranking = grid.ranked(values, state.least);
    return { name, value: values[cell], rank: ranking.indexOf(cell) + 1, of: ranking.length, best: ranking[0], top: values[ranking[0]] };
  });
  table(target, {
    rows, label: "By symbol", page: 25,
    columns: [
      { title: "Symbol", value: (row) => row.name, text: (row) => row.name },
      { title: title(page.metric), num: true, value: (row) => row.value, text: (row) => measure(page.metric, row.value) },
      { title: "Rank there", num: true, value: (row) => row.rank / row.of, text: (row) => (row.rank ? `${row.rank} of ${row.of}` : "") },
      { title: "Best there", num: true, value: (row) => row.top, text: (row) => measure(page.metric, row.top) },
      { title: "with", value: (row) => row.best, text: (row) => (row.best === undefined ? "" : page.titleOf(row.best)) },
    ],
  });
}
