// Returns by year and month, coloured by their size.
import { h } from "./dom.js";
import { known, percent, sign } from "./words.js";

const NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** From so large a return on, a cell has the next darker colour. */
const STEPS = [0.0005, 0.02, 0.05, 0.1];

export function months(target, years) {
  if (!years.length) {
    target.replaceChildren(h("p", { class: "dim" }, "There is no curve of this account to take returns from."));
    return;
  }
  const cell = (value, name) =>
    h("td", { class: `num ${heat(value)}`, title: name }, known(value) ? percent(value).replace(" %", "") : "");
  const rows = [...years].reverse().map(({ year, months: found, whole }) =>
    h("tr", {}, h("th", { scope: "row" }, String(year)), found.map((value, at) => cell(value, `${NAMES[at]} ${year}`)),
      h("td", { class: `num whole ${sign(whole)}` }, percent(whole))),
  );
  const heads = ["", ...NAMES, "Year"].map((name, at) => h("th", { class: at ? "num" : null, scope: "col" }, name));
  const made = h("table", { class: "months", "aria-label": "Monthly returns in percent" },
    h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
  const whole = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Monthly returns" }, made);
  target.replaceChildren(whole, h("p", { class: "dim" }, "In percent, by calendar month in UTC."));
}

export function heat(value) {
  if (!known(value)) return "";
  const size = STEPS.filter((step) => Math.abs(value) >= step).length;
  return size ? `${value < 0 ? "loss" : "gain"}${size}` : "";
}
