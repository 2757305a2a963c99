import assert from "node:assert/strict";
import { test } from "node:test";
import { brief, evenly, fixed, measure, moment, number, percent, title } from "../src/words.js";

test("numbers keep their digits, whatever their size", () => {
  assert.deepEqual([0, 1234.5678, 0.000123456, -7.1, 2.5e12, NaN, null].map((value) => number(value)), ["0", "1,234.6", "0.00012346", "−7.1", "2.50e12", "–", "–"]);
  assert.equal(fixed(-0.001, 2), "0.00");
  assert.deepEqual([2e10, -1.5e6, 123.456, NaN].map(brief), ["20 B", "−1.5 M", "123.5", "–"]);
});

test("numbers of one column have equally many decimals, none in vain", () => {
  const say = evenly([1234.5, 7.25, null], 7);
  assert.deepEqual([1234.5, 7.25].map(say), ["1,234.50", "7.25"]);
  assert.equal(evenly([10, 20], 7)(10), "10");
});

test("metrics are said by what they are", () => {
  assert.equal(measure("total_return", 0.1234), "12.3 %");
  assert.equal(measure("n_trades", 44), "44");
  assert.equal(measure("sharpe", 1.2345), "1.23");
  assert.equal(measure("final_equity", 105507.3), "105,507");
  assert.equal(measure("ruined", 1), "yes");
  assert.equal(measure("sharpe", null), "–");
  assert.equal(percent(23103856), "2.31e9 %");
  assert.equal(title("max_drawdown"), "Max drawdown");
});

test("times have a clock only where bars do", () => {
  assert.equal(moment(86400, true), "1970-01-02");
  assert.equal(moment(86460, false), "1970-01-02 00:01");
  assert.equal(moment(86461, false), "1970-01-02 00:01:01");
});
