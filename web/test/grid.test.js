import assert from "node:assert/strict";
import { test } from "node:test";
import { Grid, median, shade } from "../src/grid.js";

// fast 1..3 by slow 10, 20; the cell (3, 10) was left out; two symbols, the second one ten more
const cells = [[0, 0], [0, 1], [1, 0], [1, 1], [2, 1]].map((at, number) => ({ name: String(number), at, status: "ok" }));
const report = {
  cells,
  params: [
    { name: "fast", values: [1, 2, 3], numeric: true },
    { name: "slow", values: [10, 20], numeric: true },
  ],
  symbols: ["A", "B"],
  columns: [[0, 0, 0], [0, 0, 1]],
};
const values = Float64Array.from([1, 5, 3, NaN, 4]);
const grid = new Grid(report, [values, values.map((value) => value + 10)]);

test("the values of a cell are joined over symbols", () => {
  assert.deepEqual([...grid.values(0, 0, "mean")], [6, 10, 8, NaN, 9]);
  assert.deepEqual([...grid.values(0, 0, "median")], [6, 10, 8, NaN, 9]);
  assert.deepEqual([...grid.values(0, 0, 1)], [11, 15, 13, NaN, 14]);
  assert.equal(median([3, 1, 2, 10]), 2.5);
});

test("the best come first, and what has no value is in no ranking", () => {
  assert.deepEqual(grid.ranked(values), [1, 4, 2, 0]);
  assert.deepEqual(grid.ranked(values, true), [0, 2, 4, 1]);
});

test("neighbours differ by one step of one param and are there", () => {
  assert.deepEqual(grid.neighbours(1), [{ param: 0, step: 1, cell: 3 }, { param: 1, step: -1, cell: 0 }]);
  assert.deepEqual(grid.neighbours(4), [{ param: 0, step: -1, cell: 3 }]);
});

test("a map has a place for each pair, and joins what falls into one", () => {
  const valuesOf = (symbol) => grid.values(0, 0, symbol ?? 0);
  const plain = grid.map({ across: 0, down: 1, join: "best", least: false, valuesOf });
  assert.deepEqual(plain.map((row) => row.map((place) => place?.value ?? null)), [[1, 3, null], [5, null, 4]]);
  const rows = grid.map({ across: 0, down: null, join: "best", least: false, valuesOf });
  assert.deepEqual(rows, [[{ value: 5, cell: 1, of: 2 }, { value: 3, cell: 2, of: 1 }, { value: 4, cell: 4, of: 1 }]]);
  const means = grid.map({ across: 0, down: null, join: "mean", least: false, valuesOf });
  assert.equal(means[0][0].value, 3);
  const like = grid.map({ across: 0, down: null, join: 0, least: false, valuesOf });
  assert.deepEqual(like[0].map((place) => place?.value ?? null), [1, 3, null]);
  const symbols = grid.map({ across: "symbol", down: 0, join: "best", least: false, valuesOf });
  assert.deepEqual(symbols.map((row) => row.map((place) => place.value)), [[5, 15], [3, 13], [4, 14]]);
});

test("colours go from the least to the most", () => {
  assert.deepEqual([0, 0.49, 1, 2].map((value) => shade(value, 0, 1)), [0, 4, 8, 8]);
  assert.equal(shade(3, 3, 3), 4);
});
