import assert from "node:assert/strict";
import { test } from "node:test";
import { frameFor } from "../src/bucket.js";
import { gathered, marksOf, pointsOf, timesOf } from "../src/plot.js";

const data = { times: Float64Array.from({ length: 5000 }, (_, at) => at * 60), rows: 5000, columns: {} };
const trades = Array.from({ length: 300 }, (_, at) => ({
  id: at,
  direction: at % 3 ? "long" : "short",
  entry: at * 16 * 60,
  exit: at === 299 ? 4999 * 60 : (at * 16 + 9) * 60,
  status: at === 299 ? "open" : "closed",
  pnl: at % 2 ? 1 : -1,
}));

test("every trade has a mark where it is entered and one where it is left, unless it is open", () => {
  const marks = marksOf(data, trades);
  assert.equal(marks.length, 599);
  for (const trade of trades) {
    const mine = marks.filter((mark) => mark.trade === trade);
    assert.deepEqual(mine.map((mark) => data.times[mark.row]), trade.status === "open" ? [trade.entry] : [trade.entry, trade.exit]);
    assert.equal(mine[0].buys, trade.direction === "long");
  }
});

test("however wide the buckets, no mark is lost", () => {
  const marks = marksOf(data, trades);
  for (const most of [10, 100, 2000]) {
    const frame = frameFor(-0.5, 4999.5, 5000, most);
    const groups = gathered(marks, frame);
    assert.equal(groups.reduce((sum, group) => sum + group.marks.length, 0), 599);
    const times = timesOf(data, frame);
    for (const { bucket, marks: mine } of groups) {
      for (const mark of mine) {
        assert.ok(times[bucket] <= data.times[mark.row] && (times[bucket + 1] ?? Infinity) > data.times[mark.row]);
      }
    }
  }
});

test("a line begins anew after a gap, but not where it stands on slower bars", () => {
  data.columns.a = Float64Array.from([1, NaN, 3]);
  const frame = { from: 0, to: 3, size: 1 };
  assert.deepEqual(pointsOf(data, "a", frame, [0, 1, 2]).map((point) => point.gap), [false, undefined, true]);
  data.columns.a.sparse = true;
  assert.deepEqual(pointsOf(data, "a", frame, [0, 1, 2]).map((point) => point.gap), [false, undefined, false]);
});
