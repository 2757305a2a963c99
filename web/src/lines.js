// Two kinds of series that the charts do not bring: lines of buckets, and lanes of marks.

/** A line through the last value of each bucket, with a stroke from its least to its largest value. */
export class BucketLine {
  constructor() {
    this.drawn = new LineDrawing();
  }
  renderer() {
    return this.drawn;
  }
  update(data, options) {
    this.drawn.data = data;
    this.drawn.options = options;
  }
  priceValueBuilder(row) {
    return [row.min, row.max, row.last];
  }
  isWhitespace(row) {
    return row.last === undefined;
  }
  defaultOptions() {
    return { color: "#888", width: 1.5, fill: "", dashed: false };
  }
  destroy() {}
}

class LineDrawing {
  data = null;
  options = null;

  draw(target, toY) {
    target.useBitmapCoordinateSpace(({ context, horizontalPixelRatio: wide, verticalPixelRatio: tall }) => {
      const range = this.data?.visibleRange;
      if (!range) return;
      // others have no place
      const bars = this.data.bars.slice(range.from, range.to);
      const points = bars
        .filter((bar) => bar.originalData.last !== undefined)
        .map((bar) => ({
          x: bar.x * wide,
          y: toY(bar.originalData.last) * tall,
          top: toY(bar.originalData.max) * tall,
          bottom: toY(bar.originalData.min) * tall,
          gap: bar.originalData.gap,
        }));
      if (!points.length) return;
      context.lineWidth = this.options.width * wide;
      context.strokeStyle = this.options.color;
      context.lineJoin = "round";
      if (this.options.fill) {
        const zero = toY(0) * tall;
        context.fillStyle = this.options.fill;
        context.beginPath();
        context.moveTo(points[0].x, zero);
        for (const point of points) context.lineTo(point.x, point.bottom);
        context.lineTo(points.at(-1).x, zero);
        context.closePath();
        context.fill();
      }
      if (this.options.dashed) context.setLineDash([4 * wide, 3 * wide]);
      context.beginPath();
      for (const [at, point] of points.entries()) {
        if (at === 0 || point.gap) context.moveTo(point.x, point.y);
        else context.lineTo(point.x, point.y);
        if (point.bottom - point.top > 1) {
          context.moveTo(point.x, point.top);
          context.lineTo(point.x, point.bottom);
          context.moveTo(point.x, point.y);
        }
      }
      context.stroke();
      context.setLineDash([]);
      if (points.length === 1) {
        context.fillStyle = this.options.color;
        context.fillRect(points[0].x - 2, points[0].y - 2, 4, 4);
      }
    });
  }
}

/** Conditions and events one below the other: filled while true, a stroke up to buy, down to sell. */
export class Lanes {
  constructor() {
    this.drawn = new LaneDrawing();
  }
  renderer() {
    return this.drawn;
  }
  update(data, options) {
    this.drawn.data = data;
    this.drawn.options = options;
  }
  priceValueBuilder(row) {
    return [-0.5, row.lanes.length - 0.5, row.lanes.length - 0.5];
  }
  isWhitespace(row) {
    return row.lanes === undefined;
  }
  defaultOptions() {
    return { names: [], events: [], up: "#27c", down: "#c72", on: "#999", text: "#666", back: "#fff", rule: "#ddd" };
  }
  destroy() {}
}

class LaneDrawing {
  data = null;
  options = null;

  draw(target, toY) {
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: wide, verticalPixelRatio: tall }) => {
      const { names, events, up, down, on, text, back, rule } = this.options;
      const range = this.data?.visibleRange;
      if (!range || !names.length) return;
      const height = Math.abs(toY(0) - toY(1)) * tall;
      const bars = this.data.bars.slice(range.from, range.to);
      const thick = Math.max(this.data.barSpacing * wide, 1);
      for (const [lane] of names.entries()) {
        const middle = toY(names.length - 1 - lane) * tall;
        context.fillStyle = rule;
        context.fillRect(0, Math.round(middle + (events[lane] ? 0 : height * 0.32)), bitmapSize.width, Math.max(1, tall / 2));
        for (const bar of bars) {
          const mark = bar.originalData.lanes?.[lane];
          if (!mark) continue;
          const x = Math.floor(bar.x * wide - thick / 2);
          if (!events[lane]) {
            context.fillStyle = on;
            if (mark.max > 0) context.fillRect(x, middle - height * 0.3, Math.ceil(thick), height * 0.62);
            continue;
          }
          const stroke = Math.min(Math.max(thick * 0.6, 2 * wide), 6 * wide);
          const left = bar.x * wide - stroke / 2;
          context.fillStyle = up;
          if (mark.max > 0) context.fillRect(left, middle - height * 0.38, stroke, height * 0.38);
          context.fillStyle = down;
          if (mark.min < 0) context.fillRect(left, middle, stroke, height * 0.38);
        }
      }
      context.font = `${11 * tall}px system-ui, sans-serif`;
      context.textBaseline = "middle";
      for (const [lane, name] of names.entries()) {
        const middle = toY(names.length - 1 - lane) * tall;
        context.globalAlpha = 0.8;
        context.fillStyle = back;
        context.fillRect(4 * wide, middle - 7 * tall, context.measureText(name).width + 8 * wide, 14 * tall);
        context.globalAlpha = 1;
        context.fillStyle = text;
        context.fillText(name, 8 * wide, middle);
      }
    });
  }
}
