// The tables of trades and of symbols.
import { h } from "./dom.js";
import { table } from "./table.js";
import { unpackJson } from "./unpack.js";
import { evenly, fixed, measure, moment, percent, sign, title } from "./words.js";

/** The trades of a symbol in an account, as objects, in the order in which they were entered. */
export async function tradesOf(symbol, account) {
  if (!symbol?.trades) return [];
  symbol.unpacked ??= await unpackJson(symbol.trades);
  const found = symbol.unpacked[account];
  if (!found) return [];
  return found.entry.map((entry, at) => {
    const trade = Object.fromEntries(Object.entries(found).map(([name, values]) => [name, values[at]]));
    return { ...trade, id: trade.trade_id ?? at };
  });
}

export function tradeTable(target, page) {
  if (!page.trades.length) {
    target.replaceChildren(h("p", { class: "dim" }, `${page.account?.name ?? "The account"} made no trade in ${page.symbol?.name ?? "it"}.`));
    return;
  }
  const when = (time) => moment(time, page.daily);
    const prices = evenly(page.trades.flatMap((t) => [t.entry_price, t.exit_price]), 7);
  const sizes = evenly(page.trades.map((t) => t.size), 5);
  const columns = [
    { title: "#", value: (t) => t.id, text: (t) => String(t.id) },
    { title: "Side", value: (t) => t.direction, text: (t) => t.direction ?? "" },
    { title: "Entry", value: (t) => t.entry, text: (t) => when(t.entry) },
    { title: "Entry price", value: (t) => t.entry_price, text: (t) => prices(t.entry_price), num: true },
    { title: "Exit", value: (t) => t.exit, text: (t) => (t.status === "open" ? "open" : when(t.exit)) },
    { title: "Exit price", value: (t) => t.exit_price, text: (t) => prices(t.exit_price), num: true },
    { title: "Size", value: (t) => t.size, text: (t) => sizes(t.size), num: true },
    { title: "P&L", value: (t) => t.pnl, text: (t) => fixed(t.pnl, 2), num: true, style: (t) => sign(t.pnl) },
    { title: "Return", value: (t) => t.return, text: (t) => percent(t.return, 2), num: true, style: (t) => sign(t.return) },
    { title: "Fees", value: (t) => t.fees, text: (t) => fixed(t.fees, 2), num: true },
    { title: "Reason", value: (t) => t.exit_reason, text: (t) => t.exit_reason ?? "" },
  ];
  table(target, { columns, rows: page.trades, label: "Trades", pick: (trade) => page.zoomTo(trade) });
}

const MEASURES = [
  "total_return", "benchmark_return", "buy_and_hold", "cagr", "sharpe", "max_drawdown", "win_rate", "profit_factor",
  "n_trades", "trades", "exposure",
];

export function symbolTable(target, page) {
  const { account, report } = page;
  const names = MEASURES.filter((name) => Object.values(account?.metrics ?? {}).some((metrics) => name in metrics));
  const of = (symbol, name) => account?.metrics[symbol.name]?.[name];
  const columns = [
    { title: "Symbol", value: (s) => s.name, text: (s) => s.name },
    ...names.map((name) => ({
      title: title(name), num: true, value: (s) => of(s, name), text: (s) => measure(name, of(s, name)),
      style: (s) => (name === "total_return" ? sign(of(s, name)) : ""),
    })),
    { title: "Charted", value: (s) => s.chart !== null, text: (s) => (s.chart === null ? "" : "yes") },
  ];
  if (account?.shared) columns.splice(1, names.length);
  table(target, {
    columns: report.symbols.every((one) => one.chart !== null) && columns.length > 2 ? columns.slice(0, -1) : columns,
    rows: report.symbols, label: "Symbols", page: 50,
    chosen: (symbol) => symbol === page.symbol,
    pick: (symbol) => page.select(report.symbols.indexOf(symbol), page.state.account),
  });
}
