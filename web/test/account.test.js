import assert from "node:assert/strict";
import { test } from "node:test";
import { drawdownOf, monthsOf } from "../src/account.js";

const at = (text) => Date.parse(`${text}T00:00:00Z`) / 1000;

test("a fall is measured from the highest point so far, the initial cash included", () => {
  assert.deepEqual([...drawdownOf(Float64Array.from([90, 120, 60, NaN, 120]), 100)].map((v) => (Number.isNaN(v) ? "missing" : Number(v.toFixed(9)))), [-0.1, 0, -0.5, "missing", 0]);
  assert.deepEqual([...drawdownOf(Float64Array.from([90, 45]), NaN)], [0, -0.5]);
});

test("months are against the last value of the month before, the first against the cash", () => {
  const times = ["2020-12-30", "2020-12-31", "2021-01-04", "2021-01-29", "2021-03-01"].map(at);
  const years = monthsOf(times, Float64Array.from([110, 120, 90, 132, 66]), 100);
  assert.deepEqual(years.map(({ year }) => year), [2020, 2021]);
  const close = (one, other) => assert.ok(Math.abs(one - other) < 1e-12, `${one} ${other}`);
  close(years[0].months[11], 0.2);
  close(years[0].whole, 0.2);
  close(years[1].months[0], 0.1);
  assert.equal(years[1].months[1], null);
  close(years[1].months[2], -0.5);
  close(years[1].whole, 66 / 120 - 1);
  const months = years.flatMap(({ months: found }) => found).filter((value) => value !== null);
  close(months.reduce((product, value) => product * (1 + value), 1), 0.66);
});

test("without a cash the first value is the base, and no value is no month", () => {
  assert.equal(monthsOf([at("2020-01-01"), at("2020-01-02")], Float64Array.from([50, 55]), NaN)[0].whole, 55 / 50 - 1);
  assert.deepEqual(monthsOf([at("2020-01-01")], Float64Array.from([NaN]), 1), []);
});
