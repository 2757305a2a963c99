// Which panes a chart has: prices, the account and its falls, lanes of marks, and one for each node with other units.
import { brief, number, percent } from "./words.js";

/** The panes of a chart: [{ name, height, kind, lines: [{ id, label, colour, dashed, fill, format }] }]. */
export function panesOf({ series, shown, account, falls, has, colours }) {
  const visible = series.filter((one) => shown.has(one.id) && has(one.id));
  const order = new Map([...new Set(series.map((one) => one.node))].map((node, at) => [node, at]));
  visible.sort((one, other) => order.get(one.node) - order.get(other.node));
  const overlays = visible.filter((one) => one.place === "price");
  const panes = [
    {
      kind: "price",
      log: true,
      name: "",
      height: 320,
      lines: overlays.map((one, at) => ({ ...one, colour: colours.lines[at % colours.lines.length] })),
    },
  ];
  if (account) {
    const worth = (value) => number(value, 6);
    const lines = [{ id: account.equity, label: "equity", colour: colours.accent, format: worth }];
    if (has(account.benchmark)) {
      lines.unshift({ id: account.benchmark, label: "buy and hold", colour: colours.dim, dashed: true, format: worth });
    }
    panes.push({ kind: "line", log: true, name: "Equity, and buy and hold (dashed)", height: 140, lines });
    const fall = { id: falls, label: "drawdown", colour: colours.down, fill: colours.fall, format: (v) => percent(v) };
    panes.push({ kind: "line", name: "Drawdown", height: 80, lines: [fall] });
  }
  const lanes = visible.filter((one) => one.place === "lane");
  if (lanes.length) panes.push({ kind: "lane", name: "", height: 12 + 24 * lanes.length, lines: lanes });
  for (const node of new Set(visible.filter((one) => one.place === "pane").map((one) => one.node))) {
    const lines = visible
      .filter((one) => one.place === "pane" && one.node === node)
      .map((one, at) => ({ ...one, colour: colours.lines[at % colours.lines.length], format: brief }));
    const names = lines.map((line) => line.label).join(", ");
    panes.push({ kind: "line", name: lines[0].type === node ? names : `${names} (${lines[0].type})`, height: 90, lines });
  }
  return panes;
}
