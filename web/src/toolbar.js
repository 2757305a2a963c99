// What stands above the chart: ranges and zoom, and the legend, whose entries switch lines on and off.
import { h } from "./dom.js";
import { fixed, moment, number, percent } from "./words.js";

const RANGES = [60, 250, 1000];

/** Buttons for ranges and zoom; the arrow keys, + and - do the same where they have the focus. */
export function toolbar(page) {
  const button = (text, label, act) =>
    h("button", { type: "button", title: label, "aria-label": label, onclick: act }, text);
  const all = () => page.chart.move(-0.5, page.data.rows - 0.5);
  const latest = (bars) => () => page.chart.move(Math.max(page.data.rows - bars, 0) - 0.5, page.data.rows - 0.5);
  const log = h("button", { type: "button", "aria-pressed": "false", title: "Logarithmic scale" }, "log");
  log.addEventListener("click", () => {
    page.state.log = !page.state.log;
    log.setAttribute("aria-pressed", String(page.state.log));
    page.draw({ keep: true });
  });
  const bar = h(
    "div",
    { class: "tools", role: "toolbar", "aria-label": "Chart" },
    button("All", "All bars", all),
    RANGES.map((bars) => button(bars.toLocaleString("en-US"), `The last ${bars} bars`, latest(bars))),
    h("span", { class: "space" }),
    button("←", "Earlier", () => page.chart.zoom(1, -0.5)),
    button("→", "Later", () => page.chart.zoom(1, 0.5)),
    button("+", "Zoom in", () => page.chart.zoom(0.5)),
    button("−", "Zoom out", () => page.chart.zoom(2)),
    log,
  );
  const keys = {
    ArrowLeft: () => page.chart.zoom(1, -0.25),
    ArrowRight: () => page.chart.zoom(1, 0.25),
    "+": () => page.chart.zoom(0.5),
    "-": () => page.chart.zoom(2),
    Home: all,
  };
  bar.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  return bar;
}

/** The legend: the time and the bar under the pointer, then each line with its value there. */
export function readout(page, colours, has) {
  const { data, series, panes } = page;
  const colourOf = new Map(panes.flatMap((pane) => pane.lines).map((line) => [line.id, line.colour]));
  const bar = h("p", { class: "bar" });
  const entries = [];
  const entry = (id, label, format, toggles) => {
    const value = h("span", { class: "value" });
    const key = h("i", { class: "key" });
    key.style.background = colourOf.get(id) ?? "transparent";
    const shown = colourOf.has(id) || panes.some((pane) => pane.lines.some((line) => line.id === id));
    entries.push({ id, value, format });
    if (!toggles) return h("span", { class: "entry" }, key, label, " ", value);
    return h(
      "button",
      { type: "button", class: "entry", "aria-pressed": String(shown), onclick: () => page.toggle(id) },
      key, label, " ", value,
    );
  };
  const rows = [];
  for (const pane of panes) {
    for (const line of pane.lines) {
      if (line.place === undefined) rows.push(entry(line.id, line.label, line.format, false));
    }
  }
  for (const one of series) {
    if (has(one.id)) rows.push(entry(one.id, one.label, FORMATS[one.kind] ?? ((value) => number(value, 5)), true));
  }
  const say = (range) => {
    const row = range ? range.last : data.rows - 1;
    const { o, h: high, l, c, v } = data.columns;
    const first = range ? range.first : row;
    const words = [];
    if (row >= 0 && c) {
      let [top, bottom] = [-Infinity, Infinity];
      for (let at = first; at <= row; at++) {
        top = Math.max(top, high[at]);
        bottom = Math.min(bottom, l[at]);
      }
      const open = o[first];
      const price = (value) => (data.decimals === null ? number(value, 6) : fixed(value, data.decimals));
      const part = (name, value, say = price) => [h("span", { class: "dim" }, name), " ", say(value), "  "];
      words.push(...part("O", open), ...part("H", top), ...part("L", bottom), ...part("C", c[row]));
      if (open) words.push(h("span", { class: c[row] >= open ? "up" : "down" }, percent(c[row] / open - 1, 2)), "  ");
      if (v && Number.isFinite(v[row]) && first === row) words.push(...part("Vol", v[row], (value) => number(value, 6)));
    }
    const span = first === row || row < 0 ? "" : `${moment(data.times[first], page.daily)} to `;
    const when = row < 0 ? "" : `${span}${moment(data.times[row], page.daily)}`;
    bar.replaceChildren(h("b", {}, when), "  ", ...words);
    for (const { id, value, format } of entries) {
      const found = row < 0 ? NaN : lastOf(data.columns[id], first, row);
      value.textContent = format(found);
    }
  };
  // one listener for the life of the legend: the newest one to answer
  page.say = say;
  if (!page.listening) {
    page.legend.addEventListener("read", (event) => page.say(event.detail));
    page.listening = true;
  }
  const hint = h("span", { class: "dim hint" }, "Drag to move; pinch, or Ctrl and scroll, to zoom; a name switches a line.");
  return [bar, h("div", { class: "entries" }, rows, rows.length ? hint : null)];
}

/** The last value of a bucket; of slower values the last one that there was. */
function lastOf(values, first, row) {
  for (let at = row; at >= (values.sparse ? 0 : first); at--) if (!Number.isNaN(values[at])) return values[at];
  return NaN;
}

const FORMATS = {
  event: (value) => (value > 0 ? "buy" : value < 0 ? "sell" : "·"),
  condition: (value) => (Number.isNaN(value) ? "?" : value ? "true" : "false"),
};
