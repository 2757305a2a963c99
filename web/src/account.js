// What follows from an account's curve: falls below its highest point, and returns by month.

/** How far each value lies below the highest so far, the initial cash included; 0 or negative. */
export function drawdownOf(equity, cash) {
  const found = new Float64Array(equity.length);
  let peak = Number.isFinite(cash) ? cash : -Infinity;
  for (let row = 0; row < equity.length; row++) {
    const value = equity[row];
    if (Number.isNaN(value)) {
      found[row] = NaN;
      continue;
    }
    if (value > peak) peak = value;
    found[row] = peak > 0 ? value / peak - 1 : 0;
  }
  return found;
}

/**
 * Returns by year and month (UTC): [{ year, months: 12 numbers or null, whole }]. The first month is against the
 * initial cash, each other one against the last value before it.
 */
export function monthsOf(times, equity, cash) {
  const years = new Map();
  let before = Number.isFinite(cash) ? cash : NaN;
  let beforeYear = before;
  let last = NaN;
  let year = null;
  let month = null;
  const close = () => {
    if (year === null) return;
    const row = years.get(year);
    row.months[month] = before ? last / before - 1 : null;
    row.whole = beforeYear ? last / beforeYear - 1 : null;
  };
  for (let at = 0; at < times.length; at++) {
    if (Number.isNaN(equity[at])) continue;
    const date = new Date(times[at] * 1000);
    const [y, m] = [date.getUTCFullYear(), date.getUTCMonth()];
    if (y !== year || m !== month) {
      close();
      if (year !== null) before = last;
      else if (Number.isNaN(before)) before = beforeYear = equity[at];
      if (y !== year && year !== null) beforeYear = last;
      if (!years.has(y)) years.set(y, { year: y, months: Array(12).fill(null), whole: null });
      [year, month] = [y, m];
    }
    last = equity[at];
  }
  close();
  return [...years.values()];
}
