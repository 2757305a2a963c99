// Numbers and times as the page says them.

const RATES = new Set([
  "total_return", "ann_return", "cagr", "volatility", "downside_risk", "max_drawdown", "var_95", "cvar_95",
  "win_rate", "avg_trade_return", "best_trade_return", "worst_trade_return", "exposure", "benchmark_return",
  "buy_and_hold",
]);
const COUNTS = new Set(["n_trades", "trades", "bars", "max_drawdown_bars", "bars_per_year"]);

export const NONE = "–";

/** A share as percent: 12.3 %. */
export function percent(value, decimals = 1) {
  if (!known(value)) return NONE;
  if (Math.abs(value) >= 1000) return `${large(value * 100)} %`;
  return `${fixed(value * 100, Math.abs(value) >= 10 ? 0 : decimals)} %`;
}

/** A number to so many significant digits, with separators. */
export function number(value, digits = 5) {
  if (!known(value)) return NONE;
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e12 || size < 1e-6)) return large(value);
  const decimals = size === 0 ? 0 : Math.max(0, Math.min(8, digits - 1 - Math.floor(Math.log10(size))));
  return trimmed(fixed(value, decimals));
}

/** A number with so many decimals. */
export function fixed(value, decimals) {
  if (!known(value)) return NONE;
  const text = value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return /^-[0.,]*$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

/** A number for an axis: millions and more with a letter. */
export function brief(value) {
  if (!known(value)) return NONE;
  for (const [size, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"]]) {
    if (Math.abs(value) >= size) return `${number(value / size, 4)} ${letter}`;
  }
  return number(value, 4);
}

/** How to say the numbers of one column: as many decimals for each, so many digits for the largest. */
export function evenly(values, digits) {
  const known_ = values.filter(known);
  const largest = known_.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const whole = largest >= 1 ? Math.floor(Math.log10(largest)) + 1 : 1;
  let decimals = Math.min(8, Math.max(0, digits - whole));
  const same = (at) => known_.every((value) => Math.abs(value - Number(value.toFixed(at))) <= 10 ** -decimals / 2);
  while (decimals > 0 && same(decimals - 1)) decimals--;
  return (value) => fixed(value, decimals);
}

/** A metric in the form that its name deserves. */
export function measure(name, value) {
  if (!known(value)) return NONE;
  if (name === "ruined") return value ? "yes" : "no";
  if (RATES.has(name)) return percent(value);
  if (COUNTS.has(name)) return fixed(value, 0);
  const size = Math.abs(value);
  if (size >= 1e9) return large(value);
  return size >= 1000 ? fixed(value, 0) : fixed(value, 2);
}

function large(value) {
  return value.toExponential(2).replace("e+", "e").replaceAll("-", "−");
}

/** A time in UTC; without the clock for bars of a day and more. */
export function moment(seconds, daily) {
  if (!known(seconds)) return NONE;
  const text = new Date(seconds * 1000).toISOString();
  return daily ? text.slice(0, 10) : `${text.slice(0, 10)} ${text.slice(11, seconds % 60 ? 19 : 16)}`;
}

/** `total_return` as people write it. */
export function title(name) {
  const known = { cagr: "CAGR", sqn: "SQN", var_95: "VaR 95 %", cvar_95: "CVaR 95 %", n_trades: "Trades" };
  const text = known[name] ?? name.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

/** The text of a param's value. */
export function plain(value) {
  if (value === null || value === undefined) return NONE;
  return typeof value === "number" ? String(Number(value.toPrecision(12))) : String(value);
}

/** The style of a gain or a loss. */
export function sign(value) {
  return !known(value) || value === 0 ? "" : value < 0 ? "down" : "up";
}

export function known(value) {
  return typeof value === "number" && Number.isFinite(value);
}

function trimmed(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
