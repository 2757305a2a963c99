// The results of many cells: a value for each, what lies beside a cell, and a table over two params. No page in here.

/** Results by node, metric and symbol; `symbol` is a place in `symbols`, or "mean" or "median" over all of them. */
export class Grid {
  constructor(report, columns) {
    this.cells = report.cells;
    this.params = report.params;
    this.symbols = report.symbols;
    this.columns = new Map(report.columns.map((key, at) => [key.join(" "), columns[at]]));
  }

  /** The value of each cell, NaN where there is none. */
  values(node, metric, symbol) {
    const whole = this.columns.get(`${node} ${metric} -1`);
    if (typeof symbol === "number") return this.columns.get(`${node} ${metric} ${symbol}`) ?? none(this.cells.length);
    const every = this.symbols.map((_, at) => this.columns.get(`${node} ${metric} ${at}`)).filter(Boolean);
    if (!every.length) return whole ?? none(this.cells.length);
    return Float64Array.from(this.cells, (_, cell) => {
      const known = every.map((column) => column[cell]).filter((value) => !Number.isNaN(value));
      if (!known.length) return whole ? whole[cell] : NaN;
      return symbol === "median" ? median(known) : mean(known);
    });
  }

  /** The cells from the best to the worst; those without a value are left out. */
  ranked(values, least = false) {
    const known = this.cells.map((_, cell) => cell).filter((cell) => !Number.isNaN(values[cell]));
    return known.sort((one, other) => (least ? values[one] - values[other] : values[other] - values[one]) || one - other);
  }

  /** The cells that differ from `cell` by one step of one numeric param: [{ param, step, cell }]. */
  neighbours(cell) {
    this.places ??= new Map(this.cells.map(({ at }, number) => [at.join(" "), number]));
    const found = [];
    const here = this.cells[cell].at;
    for (const [param, { numeric }] of this.params.entries()) {
      if (!numeric) continue;
      for (const step of [-1, 1]) {
        const there = this.places.get(here.map((at, other) => (other === param ? at + step : at)).join(" "));
        if (there !== undefined) found.push({ param, step, cell: there });
      }
    }
    return found;
  }

  /**
   * A table over two axes (params by place, or "symbol"; `down` may be null): rows of { value, cell }, null where
   * nothing is. What falls into one place is joined by `join`: "best" of the other params, their "mean", or, as a
   * cell, those that have the other params of it.
   */
  map({ across, down, join, least, valuesOf }) {
    const width = this.lengthOf(across);
    const height = down === null ? 1 : this.lengthOf(down);
    const found = Array.from({ length: height }, () => Array.from({ length: width }, () => []));
    const symbols = across === "symbol" || down === "symbol" ? this.symbols.map((_, at) => at) : [null];
    for (const symbol of symbols) {
      const values = valuesOf(symbol);
      for (const [cell, { at }] of this.cells.entries()) {
        if (Number.isNaN(values[cell])) continue;
        if (typeof join === "number" && !this.agree(cell, join, across, down)) continue;
        const x = across === "symbol" ? symbol : at[across];
        const y = down === null ? 0 : down === "symbol" ? symbol : at[down];
        found[y][x].push({ value: values[cell], cell });
      }
    }
    return found.map((row) => row.map((some) => joined(some, join, least)));
  }

  lengthOf(axis) {
    return axis === "symbol" ? this.symbols.length : this.params[axis].values.length;
  }

  agree(cell, other, across, down) {
    const [one, two] = [this.cells[cell].at, this.cells[other].at];
    return one.every((at, param) => param === across || param === down || at === two[param]);
  }
}

function joined(some, join, least) {
  if (!some.length) return null;
  const best = some.reduce((a, b) => ((least ? b.value < a.value : b.value > a.value) ? b : a));
  return join === "mean" ? { value: mean(some.map((one) => one.value)), cell: best.cell, of: some.length } : { ...best, of: some.length };
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The colour, 0 to 8, of a value between two others. */
export function shade(value, least, most) {
  if (most <= least) return 4;
  return Math.min(8, Math.max(0, Math.floor(((value - least) / (most - least)) * 9)));
}

function none(length) {
  return new Float64Array(length).fill(NaN);
}
