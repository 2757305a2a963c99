// Elements. Text is always text: nothing that comes from a run is read as HTML.

/** An element with attributes (`on…` are listeners) and children: texts, elements, null. */
export function h(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** A labelled choice; `pick` gets the place of what was chosen. */
export function choice(label, texts, chosen, pick) {
  const options = texts.map((text, at) => h("option", { value: at, selected: at === chosen }, text));
  const list = h("select", { "aria-label": label, onchange: () => pick(Number(list.value)) }, options);
  return h("label", { class: "choice" }, h("span", {}, label), list);
}

export function byId(name) {
  return document.getElementById(name);
}
