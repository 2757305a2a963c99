// The colours of the style sheet, for what is drawn on a canvas.

export function theme() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    back: colour("card"),
    text: colour("text"),
    dim: colour("dim"),
    rule: colour("rule"),
    up: colour("up"),
    down: colour("down"),
    accent: colour("accent"),
    price: colour("price"),
    on: colour("on"),
    fall: colour("fall"),
    lines: Array.from({ length: 8 }, (_, at) => colour(`s${at}`)),
  };
}

/** Calls when the reader turns from light to dark or back. */
export function onTheme(call) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", call);
}
