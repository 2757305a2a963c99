import assert from "node:assert/strict";
import { test } from "node:test";
import { MOST, bucketsOf, extremesOf, frameFor, ohlcOf, onto, outgrown, placeOf, sizeFor } from "../src/bucket.js";

/** Numbers that look like chance and are the same in every run. */
function noise(length, seed = 1) {
  let state = seed;
  return Float64Array.from({ length }, () => ((state = (state * 48271) % 2147483647) / 2147483647) - 0.5);
}

function walk(length, seed) {
  let value = 100;
  return noise(length, seed).map((step) => (value += step));
}

test("never more than two thousand buckets, whatever is looked at", () => {
  for (const rows of [1, 2, 7, 1999, 2000, 2001, 100_000, 1_000_000]) {
    for (const [first, last] of [[-0.5, rows - 0.5], [0, 1], [rows / 3, rows / 2], [rows - 30, rows - 0.5], [-rows, 3 * rows]]) {
      const frame = frameFor(first, last, rows);
      assert.ok(bucketsOf(frame) <= MOST, `${rows} ${first} ${last}: ${bucketsOf(frame)}`);
      assert.ok(frame.from >= 0 && frame.to <= rows && frame.to > frame.from);
      assert.equal(frame.from % frame.size, 0);
    }
  }
});

test("a frame reaches as far to both sides as what is looked at is wide, and not beyond the data", () => {
  assert.deepEqual(frameFor(500, 600, 10_000), { from: 400, to: 701, size: 1 });
  assert.deepEqual(frameFor(-0.5, 99.5, 100), { from: 0, to: 100, size: 1 });
});

test("single bars are single buckets", () => {
  assert.equal(frameFor(50_000, 50_060, 100_000).size, 1);
  assert.equal(sizeFor(2000), 1);
  assert.equal(sizeFor(2001), 2);
  assert.equal(sizeFor(100_000), 64);
});

test("a frame is outgrown near its ends and when buckets are too wide or too narrow", () => {
  const frame = frameFor(5000, 5100, 10_000);
  assert.equal(outgrown(frame, 5000, 5100, 10_000), false);
  assert.equal(outgrown(frame, 4910, 5010, 10_000), true);
  assert.equal(outgrown(frame, 0, 9999, 10_000), true);
  const wide = frameFor(-0.5, 99_999.5, 100_000);
  assert.equal(outgrown(wide, -0.5, 99_999.5, 100_000), false);
  assert.equal(outgrown(wide, 100, 160, 100_000), true);
});

test("nothing that sticks out is lost", () => {
  const values = walk(10_000, 3);
  values[4321] = 1e6;
  values[77] = -1e6;
  const frame = frameFor(-0.5, 9999.5, 10_000);
  assert.ok(frame.size > 1);
  const found = extremesOf(values, frame);
  assert.equal(found.length, bucketsOf(frame));
  assert.equal(Math.max(...found.map((bucket) => bucket.max)), 1e6);
  assert.equal(Math.min(...found.map((bucket) => bucket.min)), -1e6);
  for (const [at, bucket] of found.entries()) {
    const part = values.slice(frame.from + at * frame.size, Math.min(frame.from + (at + 1) * frame.size, frame.to));
    assert.deepEqual(bucket, { min: Math.min(...part), max: Math.max(...part), last: part.at(-1) });
  }
});

test("bars in a bucket are one bar: the first open, the highest high, the lowest low, the last close", () => {
  const [open, high, low, close] = [[1, 3, NaN, 4], [5, 9, NaN, 4], [0, 2, NaN, 4], [3, 2, NaN, 4]].map((v) => Float64Array.from(v));
  assert.deepEqual(ohlcOf(open, high, low, close, { from: 0, to: 4, size: 2 }), [
    { open: 1, high: 9, low: 0, close: 2 },
    { open: 4, high: 4, low: 4, close: 4 },
  ]);
  assert.deepEqual(ohlcOf(open, high, low, close, { from: 2, to: 3, size: 1 }), [null]);
});

test("a bucket without a value is null, and missing values are no extremes", () => {
  const values = Float64Array.from([NaN, NaN, 2, NaN, -1, 5]);
  assert.deepEqual(extremesOf(values, { from: 0, to: 6, size: 2 }), [
    null,
    { min: 2, max: 2, last: 2 },
    { min: -1, max: 5, last: 5 },
  ]);
});

test("times are found, and slower values stand on the first bar that is not before them", () => {
  const times = [10, 20, 30, 40];
  assert.deepEqual([5, 10, 11, 40, 41].map((time) => placeOf(times, time)), [0, 0, 1, 3, 4]);
  assert.deepEqual([...onto(times, [10, 25, 99], [1, 2, 3])], [1, NaN, 2, NaN]);
});
