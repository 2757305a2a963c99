// A table that can be sorted, that shows its rows a page at a time, and whose rows can be picked.
import { h } from "./dom.js";

const PAGE = 100;

/**
 * `columns` are { title, value(row), text(row), num, style(row) }; the first one names the row. `pick` is called with a
 * row when it is chosen, by mouse or key. `sort` is { column, down }.
 */
export function table(target, { columns, rows, label, pick, chosen, sort, page = PAGE }) {
  const order = { column: sort?.column ?? -1, down: sort?.down ?? false };
  let shown = page;

  function sorted() {
    if (order.column < 0) return rows;
    const { value } = columns[order.column];
    const sign = order.down ? -1 : 1;
    return [...rows].sort((one, other) => {
      const [a, b] = [value(one), value(other)];
      const [noA, noB] = [missing(a), missing(b)];
      if (noA || noB) return noA - noB;
      return a < b ? -sign : a > b ? sign : 0;
    });
  }

  function head(column, at) {
    const mine = order.column === at;
    const turn = () => {
      order.down = mine ? !order.down : Boolean(column.num);
      order.column = at;
      draw(at);
    };
    return h(
      "th",
      { class: column.num ? "num" : null, scope: "col", "aria-sort": mine ? (order.down ? "descending" : "ascending") : null },
      h("button", { type: "button", class: "sort", onclick: turn }, column.title, h("i", {}, mine ? (order.down ? " ↓" : " ↑") : "")),
    );
  }

  function line(row) {
    const cells = columns.map((column, at) => {
      const text = column.text(row);
      const style = [column.num ? "num" : "", column.style?.(row) ?? ""].join(" ").trim() || null;
      if (at > 0 || !pick) return h("td", { class: style }, text);
      return h("th", { class: style, scope: "row" }, h("button", { type: "button", class: "pick" }, text));
    });
    const made = h("tr", { class: chosen?.(row) ? "chosen" : null }, cells);
    if (pick) {
      made.addEventListener("click", () => {
        for (const other of made.parentElement.children) other.classList.toggle("chosen", other === made);
        pick(row);
      });
    }
    return made;
  }

  function draw(focus = -1) {
    const found = sorted();
    const heads = columns.map(head);
    const body = h("tbody", { class: pick ? "pickable" : null }, found.slice(0, shown).map(line));
    const made = h("table", { "aria-label": label }, h("thead", {}, h("tr", {}, heads)), body);
    const more = found.length > shown
      ? h("button", { type: "button", class: "more", onclick: () => { shown = found.length; draw(); } }, `Show all ${found.length.toLocaleString("en-US")}`)
      : null;
    target.replaceChildren(h("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": label }, made), ...(more ? [more] : []));
    if (focus >= 0) heads[focus].firstElementChild.focus();
  }

  draw();
}

function missing(value) {
  return value === null || value === undefined || Number.isNaN(value);
}
