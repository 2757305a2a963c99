// Bars and values in buckets of equally many bars, so that no more is drawn than a screen can show. Nothing that
// sticks out is lost: a bucket keeps the least and the largest of what is in it.

/** Buckets that are drawn at most. */
export const MOST = 2000;

/** The bars of a bucket for so many bars: 1, 2, 4 … */
export function sizeFor(bars, most = MOST) {
  let size = 1;
  while (bars / size > most) size *= 2;
  return size;
}

/**
 * What to draw for the bars from `first` to `last` (fractions allowed) of `rows`: as much again at each side, so that
 * a chart can be pulled, in whole buckets. `from` and `to` are bars, `to` is behind the last.
 */
export function frameFor(first, last, rows, most = MOST) {
  const span = Math.max(last - first, 1);
  const left = Math.max(0, Math.floor(first - span));
  const right = Math.min(rows, Math.ceil(last + span) + 1);
  // two buckets of the bound are kept for the ends, which are cut to whole buckets
  const size = sizeFor(Math.max(right - left, 1), most - 2);
  const from = Math.max(0, Math.floor(left / size) * size);
  return { from, to: Math.max(Math.min(rows, Math.ceil(right / size) * size), Math.min(rows, 1)), size };
}

/** True when the bars from `first` to `last` deserve another frame: an end is near, or the buckets are too wide. */
export function outgrown(frame, first, last, rows, most = MOST) {
  const span = Math.max(last - first, 1);
  if (frame.from > 0 && first - frame.from < span * 0.25) return true;
  if (frame.to < rows && frame.to - last < span * 0.25) return true;
  const wanted = frameFor(first, last, rows, most);
  return wanted.size < frame.size || wanted.size > 2 * frame.size;
}

/** How many buckets a frame has. */
export function bucketsOf(frame) {
  return Math.ceil((frame.to - frame.from) / frame.size);
}

/** Open, high, low and close of each bucket, null for one in which no bar has a close. */
export function ohlcOf(open, high, low, close, frame) {
  const found = [];
  for (let begin = frame.from; begin < frame.to; begin += frame.size) {
    const end = Math.min(begin + frame.size, frame.to);
    let bucket = null;
    for (let row = begin; row < end; row++) {
      if (Number.isNaN(close[row])) continue;
      const top = Number.isNaN(high[row]) ? close[row] : high[row];
      const bottom = Number.isNaN(low[row]) ? close[row] : low[row];
      if (bucket === null) {
        bucket = { open: Number.isNaN(open[row]) ? close[row] : open[row], high: top, low: bottom, close: close[row] };
      } else {
        if (top > bucket.high) bucket.high = top;
        if (bottom < bucket.low) bucket.low = bottom;
        bucket.close = close[row];
      }
    }
    found.push(bucket);
  }
  return found;
}

/** Least, largest and last value of each bucket, null where all are missing. */
export function extremesOf(values, frame) {
  const found = [];
  for (let begin = frame.from; begin < frame.to; begin += frame.size) {
    const end = Math.min(begin + frame.size, frame.to);
    let bucket = null;
    for (let row = begin; row < end; row++) {
      const value = values[row];
      if (Number.isNaN(value)) continue;
      if (bucket === null) bucket = { min: value, max: value, last: value };
      else {
        if (value < bucket.min) bucket.min = value;
        if (value > bucket.max) bucket.max = value;
        bucket.last = value;
      }
    }
    found.push(bucket);
  }
  return found;
}

/** The first place in ascending `times` that is not before `time`; their number when there is none. */
export function placeOf(times, time) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Values that stand on other times, on those of `times`: the last one of each bar, NaN where there is none. */
export function onto(times, others, values) {
  const found = new Float64Array(times.length).fill(NaN);
  for (let at = 0; at < others.length; at++) {
    const row = placeOf(times, others[at]);
    if (row < times.length && !Number.isNaN(values[at])) found[row] = values[at];
  }
  return found;
}
