// The chart of one symbol: panes over one time scale, of which only a frame of buckets is ever drawn.
import {
  CandlestickSeries,
  ColorType,
  CrosshairMode,
  HistogramSeries,
  LineSeries,
  LineStyle,
  PriceScaleMode,
  createChart,
  createSeriesMarkers,
  createTextWatermark,
} from "lightweight-charts";
import { MOST, bucketsOf, frameFor, outgrown, placeOf } from "./bucket.js";
import { BucketLine, Lanes } from "./lines.js";
import { candlesOf, gathered, lanesOf, pointsOf, timesOf } from "./plot.js";
import { fixed, moment } from "./words.js";

const SETTLED = 90;
/** Points of a candle below which there is a line in its place. */
const NARROW = 2.6;
/** Marks up to this number have the number of their trade beside them. */
const FEW = 24;
/** With fewer points for each mark there are no marks: then columns at the bottom count the entries. */
const ROOM = 6;

export class Chart {
  /** `told` is called with the bar under the pointer, or null, and the bucket that it is in. */
  constructor(box, told) {
    this.box = box;
    this.told = told;
    this.chart = null;
    this.pressed = false;
    this.waiting = 0;
    box.addEventListener("pointerdown", () => (this.pressed = true), true);
    for (const name of ["pointerup", "pointercancel"]) {
      window.addEventListener(name, () => {
        this.pressed = false;
        this.later();
      });
    }
    new ResizeObserver(() => this.later()).observe(box);
    // a wheel over the chart scrolls the page, as everywhere; with a key, a pinch or sideways it is the chart's
    const through = (event) => {
      const mine = event.ctrlKey || event.metaKey || event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (!mine) event.stopPropagation();
    };
    box.addEventListener("wheel", through, { capture: true, passive: true });
  }

  /** Draws a symbol. `first` and `last` are bars; without them all are shown. */
  show({ data, panes, marks, colours, daily, seconds, log, chosen = null, first = -0.5, last = data.rows - 0.5 }) {
    Object.assign(this, { data, panes, marks, colours, daily, chosen });
    this.chart?.remove();
    this.mark = null;
    this.box.style.height = `${panes.reduce((sum, pane) => sum + pane.height, 0) + 32}px`;
    this.chart = createChart(this.box, options(colours, seconds, daily));
    this.fillers = panes.flatMap((pane, at) => this.series(pane, at));
    for (const [at, pane] of this.chart.panes().entries()) {
      if (at === 0) this.crowd = createTextWatermark(pane, { ...crowdOptions(colours), visible: false });
      pane.setStretchFactor(panes[at].height);
      // what falls below 0 has no logarithm
      if (log && panes[at].log) pane.priceScale("right").applyOptions({ mode: PriceScaleMode.Logarithmic });
      if (panes[at].kind === "lane") pane.priceScale("right").applyOptions({ scaleMargins: { top: 0.02, bottom: 0.02 } });
      if (panes[at].name) {
        const line = { text: panes[at].name, color: colours.dim, fontSize: 11, fontFamily: FONT };
        createTextWatermark(pane, { horzAlign: "left", vertAlign: "top", lines: [line] });
      }
    }
    this.move(first, last);
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(() => this.later());
    this.chart.subscribeCrosshairMove(({ logical, point }) => {
      const at = logical === undefined || logical === null || !point ? null : Math.round(logical);
      this.told(at === null || at < 0 || at >= bucketsOf(this.frame) ? null : this.rowOf(at));
    });
    this.told(null);
  }

  /** Shows the bars from `first` to `last`. */
  move(first, last) {
    this.frame = frameFor(first, last, this.data.rows, this.most);
    this.span = last - first;
    this.fill();
    this.wanted = { first, last };
    this.turn(this.wanted, 2);
  }

  /**
   * Lets the charts show the wanted bars. They do so with their next picture, and when the labels of prices get wider
   * meanwhile, other bars come into sight: then once more. Who asks before gets what is wanted.
   */
  turn(wanted, again) {
    const { from, size } = this.frame;
    const bucket = (bar) => (bar - from - (size - 1) / 2) / size;
    this.quiet = true;
    this.chart.timeScale().setVisibleLogicalRange({ from: bucket(wanted.first), to: bucket(wanted.last) });
    this.quiet = false;
    const chart = this.chart;
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (this.wanted !== wanted || this.chart !== chart) return;
      const found = chart.timeScale().getVisibleLogicalRange();
      const far = found && Math.abs(found.from - bucket(wanted.first)) > 0.002 * (found.to - found.from);
      if (far && again > 0) this.turn(wanted, again - 1);
      else this.wanted = null;
    }));
  }

  /** The bars at the left and right edge, fractions included. */
  get visible() {
    if (this.wanted) return this.wanted;
    const range = this.chart.timeScale().getVisibleLogicalRange();
    if (!range) return { first: -0.5, last: this.data.rows - 0.5 };
    const { from, size } = this.frame;
    return { first: from + range.from * size + (size - 1) / 2, last: from + range.to * size + (size - 1) / 2 };
  }

  /** Makes what is shown wider or narrower around its middle, or moves it by a share of its width. */
  zoom(factor, shift = 0) {
    const { first, last } = this.visible;
    const middle = (first + last) / 2 + shift * (last - first);
    const half = Math.min(Math.max(((last - first) / 2) * factor, 3), this.data.rows / 2);
    const begin = Math.min(Math.max(middle - half, -0.5), this.data.rows - 0.5 - 2 * half);
    this.move(begin, begin + 2 * half);
  }

  /** Shows a trade with as many bars around it as it lasted, twenty at least. */
  zoomTo(trade) {
    const entry = placeOf(this.data.times, trade.entry);
    const exit = trade.exit === null ? this.data.rows - 1 : placeOf(this.data.times, trade.exit);
    const margin = Math.max(20, exit - entry);
    this.chosen = trade;
    this.move(Math.max(entry - margin, -0.5), Math.min(exit + margin, this.data.rows - 0.5));
  }

  /** Fewer buckets on a narrow screen: two of them on three points. */
  get most() {
    return Math.min(MOST, Math.max(300, Math.round(this.box.clientWidth * 1.5)));
  }

  later() {
    if (this.quiet || !this.chart) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      if (this.pressed || !this.chart) return;
      const { first, last } = this.visible;
      const turned = Math.abs(Math.log((last - first) / this.span)) > 0.2;
      if (turned || outgrown(this.frame, first, last, this.data.rows, this.most)) this.move(first, last);
    }, SETTLED);
  }

  rowOf(bucket) {
    const { from, to, size } = this.frame;
    return { first: from + bucket * size, last: Math.min(from + (bucket + 1) * size, to) - 1 };
  }

  fill() {
    const times = timesOf(this.data, this.frame);
    for (const filler of this.fillers) filler(times);
    // marks are placed by the points that there are: after all old ones have gone
    this.mark?.(times);
  }

  /** Adds the series of a pane; each is given with what fills it anew for the frame. */
  series(pane, at) {
    if (pane.kind === "price") return this.prices(pane, at);
    if (pane.kind === "lane") {
      const { up, down, on, dim, back, rule } = this.colours;
      const events = pane.lines.map((line) => line.kind === "event");
      const names = pane.lines.map((line) => line.label);
      const look = { names, events, up, down, on, text: dim, back, rule, ...SILENT, priceFormat: UNSAID };
      const lanes = this.chart.addCustomSeries(new Lanes(), look, at);
      const ids = pane.lines.map((line) => line.id);
      return [(times) => lanes.setData(lanesOf(this.data, ids, this.frame, times))];
    }
    return pane.lines.map((line) => this.line(line, at));
  }

  prices(pane, at) {
    const { up, down } = this.colours;
    const fillers = [];
    const precision = Math.max(Math.min(this.data.decimals ?? 8, decimalsFor(this.data.columns.c)), 2);
    const priceFormat = { type: "custom", formatter: (value) => fixed(value, precision), minMove: 10 ** -precision };
    if (this.data.columns.c) {
      const look = { upColor: up, downColor: down, wickUpColor: up, wickDownColor: down, borderVisible: false };
      const candles = this.chart.addSeries(CandlestickSeries, { ...look, ...SILENT, priceFormat }, at);
      const line = this.chart.addCustomSeries(new BucketLine(), { color: this.colours.price, ...SILENT, priceFormat }, at);
      const markers = createSeriesMarkers(candles, []);
      const entered = this.chart.addSeries(HistogramSeries, { color: this.colours.accent, ...SILENT, priceScaleId: "entries", priceFormat: UNSAID }, at);
      entered.priceScale().applyOptions({ scaleMargins: { top: 0.9, bottom: 0 } });
      fillers.push((times) => {
        const found = candlesOf(this.data, this.frame, times);
        // candles of two points are dust: then there is a line, with a stroke from low to high
        const narrow = this.box.clientWidth / Math.max((this.span ?? 1) / this.frame.size, 1) < NARROW;
        const none = "rgba(0,0,0,0)";
        candles.applyOptions(narrow ? { upColor: none, downColor: none, wickUpColor: none, wickDownColor: none } : look);
        candles.setData(found);
        line.setData(narrow ? found.map(({ time, low, high, close }) => ({ time, min: low, max: high, last: close })) : []);
      });
      this.mark = (times) => {
        const groups = gathered(this.marks, this.frame);
        const crowded = groups.length * ROOM > this.box.clientWidth;
        this.crowd.applyOptions({ visible: crowded });
        entered.setData(crowded ? entriesOf(groups).map(([bucket, value]) => ({ time: times[bucket], value })) : []);
        markers.setMarkers(crowded ? [] : this.markers(groups, times));
      };
    }
    fillers.push(...pane.lines.map((line) => this.line({ ...line, format: null, priceFormat }, at)));
    const style = { color: this.colours.text, lineWidth: 1, lineStyle: LineStyle.Dashed, ...SILENT, priceFormat };
    const held = this.chart.addSeries(LineSeries, style, at);
    fillers.push((times) => held.setData(this.held(times)));
    return fillers;
  }

  line({ id, colour, dashed, fill, format, priceFormat }, at) {
    const said = priceFormat ?? { type: "custom", formatter: format, minMove: 1e-8 };
    const look = { color: colour, dashed: Boolean(dashed), fill: fill ?? "", ...SILENT, priceFormat: said };
    const line = this.chart.addCustomSeries(new BucketLine(), look, at);
    return (times) => line.setData(pointsOf(this.data, id, this.frame, times));
  }

  markers(groups, times) {
    const { up, down, accent } = this.colours;
    return groups.map(({ bucket, role, buys, marks }) => ({
      time: times[bucket],
      position: buys ? "belowBar" : "aboveBar",
      shape: role === "exit" ? "circle" : buys ? "arrowUp" : "arrowDown",
      color: role === "entry" ? accent : marks.every((mark) => mark.won) ? up : down,
      size: groups.length * ROOM * 2 > this.box.clientWidth ? 0.7 : 1,
      text: marks.length > 1 ? `${marks.length}×` : groups.length <= FEW ? `#${marks[0].trade.id}` : "",
    }));
  }

  /** The line from entry to exit of the chosen trade. */
  held(times) {
    const trade = this.chosen;
    if (!trade) return [];
    const end = trade.exit ?? this.data.times[this.data.rows - 1];
    const points = [[trade.entry, trade.entry_price], [end, trade.exit_price]].map(([time, value]) => {
      const bucket = Math.floor((placeOf(this.data.times, time) - this.frame.from) / this.frame.size);
      return { bucket, value };
    });
    if (points.some(({ bucket, value }) => bucket < 0 || bucket >= times.length || value === null)) return [];
    if (points[0].bucket >= points[1].bucket) return [];
    return points.map(({ bucket, value }) => ({ time: times[bucket], value }));
  }
}

const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif";
const SILENT = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false };
const UNSAID = { type: "custom", formatter: () => "", minMove: 1 };

function options(colours, seconds, daily) {
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colours.back },
      textColor: colours.dim,
      fontFamily: FONT,
      fontSize: 11,
      // the notice and the link stand in the footer of the page
      attributionLogo: false,
      panes: { separatorColor: colours.rule, separatorHoverColor: colours.rule, enableResize: true },
    },
    grid: { vertLines: { color: colours.rule }, horzLines: { color: colours.rule } },
    rightPriceScale: { borderColor: colours.rule, minimumWidth: 64 },
    timeScale: {
      borderColor: colours.rule,
      timeVisible: seconds < 86_400,
      secondsVisible: seconds < 60,
      minBarSpacing: 0.01,
      rightOffset: 0,
    },
    crosshair: { mode: CrosshairMode.Normal, vertLine: { labelVisible: true }, horzLine: { labelVisible: true } },
    localization: { locale: "en-GB", timeFormatter: (time) => moment(time, daily) },
    kineticScroll: { touch: false, mouse: false },
    handleScroll: { vertTouchDrag: false },
  };
}

function decimalsFor(values) {
  if (!values?.length) return 2;
  const size = values.reduce((most, value) => (Math.abs(value) > most ? Math.abs(value) : most), 0);
  return size >= 20 ? 2 : size >= 0.5 ? 5 : 8;
}

function crowdOptions(colours) {
  const text = "Columns count entries: zoom in to see each trade";
  return { horzAlign: "left", vertAlign: "top", lines: [{ text, color: colours.dim, fontSize: 11, fontFamily: FONT }] };
}

/** How many trades were entered in each bucket that has any. */
function entriesOf(groups) {
  const found = new Map();
  for (const { bucket, role, marks } of groups) {
    if (role === "entry") found.set(bucket, (found.get(bucket) ?? 0) + marks.length);
  }
  return [...found];
}
