// A table over two params, coloured; each of its places can be picked.
import { h } from "./dom.js";
import { shade } from "./grid.js";
import { measure, plain, title } from "./words.js";

/** Places up to which their values are written into them. */
const WRITTEN = 600;
const LARGEST = 10_000;

export function drawMap(target, page) {
  const { state, grid, report } = page;
  if (state.across === null) {
    target.replaceChildren(h("p", { class: "dim" }, "There is no param to draw a map over."));
    return;
  }
  const width = grid.lengthOf(state.across);
  const height = state.down === null ? 1 : grid.lengthOf(state.down);
  if (width * height > LARGEST) {
    target.replaceChildren(h("p", { class: "dim" }, `A map of ${width} by ${height} places is too large: choose other params.`));
    return;
  }
  const rows = grid.map({
    across: state.across, down: state.down, least: state.least,
    join: state.join === "cell" ? (page.chosen ?? "best") : state.join,
    valuesOf: (symbol) => page.valuesOf(symbol),
  });
  const known = rows.flat().filter(Boolean).map((place) => place.value);
  const [least, most] = known.length ? [Math.min(...known), Math.max(...known)] : [0, 0];
  const names = (axis) => (axis === null ? [""] : axis === "symbol" ? report.symbols : report.params[axis].values.map(plain));
  const written = width * height <= WRITTEN;
  const cell = (place, x, y) => {
    if (!place) return h("td", { class: "empty" });
    const where = [[state.across, x], [state.down, y]]
      .filter(([axis]) => axis !== null)
      .map(([axis, at]) => `${page.nameOf(axis)} ${names(axis)[at]}`)
      .join(", ");
    const text = measure(page.metric, place.value);
    const label = `${where}: ${title(page.metric)} ${text}${place.of > 1 ? ` of ${place.of} cells` : ""}`;
    const chosen = place.cell === page.chosen ? " chosen" : "";
    const button = h("button", { type: "button", title: label, "aria-label": label, onclick: () => page.pick(place.cell) }, written ? text : "");
    return h("td", { class: `shade${shade(place.value, least, most)}${chosen}` }, button);
  };
  const head = h("tr", {}, h("th", {}, state.down === null ? "" : `${page.nameOf(state.down)} \\ ${page.nameOf(state.across)}`),
    names(state.across).map((name) => h("th", { scope: "col", class: "num" }, name)));
  const body = rows.map((row, y) => h("tr", {}, h("th", { scope: "row", class: "num" }, names(state.down)[y]), row.map((place, x) => cell(place, x, y))));
  const made = h("table", { class: `map${written ? "" : " small"}`, "aria-label": "Heat map" }, h("thead", {}, head), h("tbody", {}, body));
  made.style.width = `min(100%, ${120 + width * 92}px)`;
  const scale = h("p", { class: "scale dim" }, measure(page.metric, least), " ",
    h("span", { class: "ramp", "aria-hidden": "true" }, Array.from({ length: 9 }, (_, at) => h("i", { class: `shade${at}` }))),
    " ", measure(page.metric, most), ` · ${title(page.metric)} by ${page.nameOf(state.across)}${state.down === null ? "" : ` and ${page.nameOf(state.down)}`}`);
  target.replaceChildren(h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Heat map" }, made), scale);
}
