// The data of one symbol, decoded, and what of it a frame shows.
import { drawdownOf } from "./account.js";
import { extremesOf, ohlcOf, onto, placeOf } from "./bucket.js";
import { unpackColumns } from "./unpack.js";

/** The columns of a symbol on the rows of its bars; those that stand on slower bars are put onto them. */
export async function load(chart) {
  const columns = await unpackColumns(chart);
  const times = columns.t.map((offset) => offset + chart.start);
  for (const other of chart.others) {
    const found = await unpackColumns(other);
    const others = found.t.map((offset) => offset + other.start);
    for (const [name, values] of Object.entries(found)) {
      if (name !== "t") columns[name] = sparse(onto(times, others, values));
    }
  }
  delete columns.t;
  const decimals = chart.columns.find((column) => column.name === "c")?.decimals;
  return { times, columns, rows: times.length, decimals: decimals ?? null };
}

/** The falls of an account, kept with its columns. */
export function withDrawdown(data, equity, cash) {
  const name = `${equity} falls`;
  data.columns[name] ??= drawdownOf(data.columns[equity], cash);
  return name;
}

export function timesOf(data, frame) {
  const found = [];
  for (let row = frame.from; row < frame.to; row += frame.size) found.push(Math.round(data.times[row]));
  return found;
}

export function candlesOf(data, frame, times) {
  const { o, h, l, c } = data.columns;
  return ohlcOf(o, h, l, c, frame).map((bucket, at) => (bucket ? { time: times[at], ...bucket } : { time: times[at] }));
}

/** The points of a line: where values are missing in between, the next one begins anew. */
export function pointsOf(data, name, frame, times) {
  const values = data.columns[name];
  let gap = false;
  return extremesOf(values, frame).map((bucket, at) => {
    if (bucket === null) {
      gap = !values.sparse;
      return { time: times[at] };
    }
    const point = { time: times[at], ...bucket, gap };
    gap = false;
    return point;
  });
}

export function lanesOf(data, names, frame, times) {
  const every = names.map((name) => extremesOf(data.columns[name], frame));
  return times.map((time, at) => ({ time, lanes: every.map((lane) => lane[at]) }));
}

/** Entries and exits of trades as marks on bars: { row, trade, role, buys, won }, by bar. */
export function marksOf(data, trades) {
  const found = [];
  for (const trade of trades) {
    const long = trade.direction !== "short";
    const entry = placeOf(data.times, trade.entry);
    if (entry < data.rows) found.push({ row: entry, trade, role: "entry", buys: long });
    // what is open at the end has an exit price, at which it is valued, and no exit
    if (trade.exit === null || trade.status === "open") continue;
    const exit = placeOf(data.times, trade.exit);
    if (exit < data.rows) found.push({ row: exit, trade, role: "exit", buys: !long, won: trade.pnl >= 0 });
  }
  return found.sort((one, other) => one.row - other.row);
}

/** The marks of a frame, those of one bucket, side and role together. */
export function gathered(marks, frame) {
  const groups = new Map();
  for (const mark of marks) {
    if (mark.row < frame.from || mark.row >= frame.to) continue;
    const bucket = Math.floor((mark.row - frame.from) / frame.size);
    const key = `${bucket} ${mark.role} ${mark.buys}`;
    if (!groups.has(key)) groups.set(key, { bucket, role: mark.role, buys: mark.buys, marks: [] });
    groups.get(key).marks.push(mark);
  }
  return [...groups.values()].sort((one, other) => one.bucket - other.bucket);
}

function sparse(values) {
  values.sparse = true;
  return values;
}
