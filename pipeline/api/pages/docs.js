// The page of the API: every route as /openapi.json describes it, with a form to try it.
import { make, prose, Schemas } from "/pages/schema.js";

const METHODS = ["get", "post", "put", "delete"];
const LONGEST = 200_000;

const page = await (await fetch("/openapi.json")).json();
const schemas = new Schemas(page);
const routes = document.getElementById("routes");

document.getElementById("version").textContent = page.info.version;
document.getElementById("about").replaceWith(prose("p", page.info.description.replaceAll("\n", " "), "about"));

for (const group of page.tags) {
  const title = make("h2", group.name);
  title.id = group.name;
  const section = make("section");
  section.append(title, make("p", group.description));
  let count = 0;
  for (const [path, operations] of Object.entries(page.paths)) {
    for (const method of METHODS.filter((name) => operations[name]?.tags?.includes(group.name))) {
      section.append(route(method, path, operations[method]));
      count += 1;
    }
  }
  routes.append(section);
  const link = make("a", `${group.name} `);
  link.href = `#${group.name}`;
  link.append(make("span", String(count)));
  document.getElementById("groups").append(link);
}

document.getElementById("filter").addEventListener("input", (event) => {
  const word = event.target.value.toLowerCase();
  for (const one of routes.querySelectorAll("details.route")) {
    one.hidden = !one.dataset.words.includes(word);
  }
  for (const section of routes.querySelectorAll("section")) {
    section.hidden = !section.querySelector("details.route:not([hidden])");
  }
});

fetch("/api/system").then(async (answer) => {
  const system = await answer.json();
  const place = document.getElementById("project");
  place.textContent = system.project ?? "";
  if (system.read_only) place.append(" ", make("span", "read-only", "badge"));
});

function route(method, path, operation) {
  const details = make("details", undefined, "route");
  const said = operation.description ?? operation.summary;
  details.dataset.words = `${method} ${path} ${said}`.toLowerCase();
  const summary = make("summary");
  const first = said.split(/(?<=[.:])\s/)[0].replace(/[.:]$/, "");
  summary.append(make("span", method.toUpperCase(), `method ${method}`), make("span", path, "path"));
  summary.append(prose("span", first, "gist"));
  details.append(summary);
  // drawn when it is opened: there are many, and few are looked at
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) details.append(inner(method, path, operation, said));
  });
  return details;
}

function inner(method, path, operation, said) {
  const box = make("div", undefined, "inner");
  box.append(prose("p", said.replace(/([^\n])\n([^\n])/g, "$1 $2")));
  const inputs = new Map();
  if (operation.parameters?.length) {
    box.append(make("h3", "Parameters"), parameters(operation.parameters, inputs));
  }
  const body = operation.requestBody?.content["application/json"]?.schema;
  let text;
  if (body) {
    text = make("textarea");
    text.spellcheck = false;
    text.value = JSON.stringify(schemas.example(body), undefined, 2);
    text.setAttribute("aria-label", "Body");
    const shape = schemas.drawn(body);
    box.append(make("h3", "Body"), ...(shape ? [shape] : []), make("h3", "Try it"), text);
  }
  box.append(trial(method, path, inputs, text));
  box.append(make("h3", "Answers"), ...Object.entries(operation.responses).map(([status, one]) => answer(status, one)));
  return box;
}

function parameters(list, inputs) {
  const table = make("table");
  for (const one of list) {
    const row = make("tr");
    const name = make("td");
    name.append(make("code", one.name, one.required ? "needed" : ""));
    const input = make("input");
    input.placeholder = one.schema.default ?? "";
    input.setAttribute("aria-label", one.name);
    inputs.set(input, one);
    const field = make("td");
    field.append(input);
    const about = make("td", undefined, "soft");
    about.append(make("span", schemas.type(one.schema), "type"), " ", prose("span", one.description ?? ""));
    row.append(name, field, about);
    table.append(row);
  }
  return table;
}

function answer(status, one) {
  const schema = Object.values(one.content ?? {})[0]?.schema;
  const kind = Object.keys(one.content ?? {})[0] ?? "";
  const head = `${status} ${one.description}`;
  const shape = schema && kind === "application/json" ? schemas.drawn(schema) : undefined;
  const type = schema && kind === "application/json" ? schemas.type(schema) : kind === "application/problem+json" ? "Problem" : kind;
  if (!shape) {
    const line = make("div", head);
    line.append(" ", make("span", type, "type"));
    return line;
  }
  const details = make("details", undefined, "answer");
  const summary = make("summary", head);
  summary.append(" ", make("span", type, "type"));
  details.append(summary, shape);
  return details;
}

function trial(method, path, inputs, text) {
  const box = make("div");
  const line = make("div", undefined, "send");
  const button = make("button", "Send");
  const state = make("span", "", "soft");
  const out = make("pre");
  out.hidden = true;
  line.append(button, state);
  box.append(line, out);
  let stop;
  button.addEventListener("click", async () => {
    if (stop) {
      stop.abort();
      return;
    }
    stop = new AbortController();
    button.textContent = "Stop";
    out.hidden = false;
    out.textContent = "";
    const began = performance.now();
    try {
      const response = await fetch(address(path, inputs), {
        method: method.toUpperCase(),
        headers: { ...(text ? { "Content-Type": "application/json" } : {}), ...headers(inputs) },
        body: text?.value,
        signal: stop.signal,
      });
      state.textContent = `${response.status} ${response.statusText}`;
      state.className = response.ok ? "soft" : "bad";
      await read(response, out);
      state.textContent += ` in ${Math.round(performance.now() - began)} ms`;
    } catch (error) {
      state.textContent = error.name === "AbortError" ? "stopped" : String(error);
    } finally {
      stop = undefined;
      button.textContent = "Send";
    }
  });
  return box;
}

function address(path, inputs) {
  const query = new URLSearchParams();
  let place = path;
  for (const [input, one] of inputs) {
    // a name of a graph may have slashes in it
    if (one.in === "path") place = place.replace(`{${one.name}}`, input.value.split("/").map(encodeURIComponent).join("/"));
    else if (one.in === "query" && input.value) query.set(one.name, input.value);
  }
  return query.size ? `${place}?${query}` : place;
}

function headers(inputs) {
  const given = [...inputs].filter(([input, one]) => one.in === "header" && input.value);
  return Object.fromEntries(given.map(([input, one]) => [one.name, input.value]));
}

async function read(response, out) {
  const kind = response.headers.get("content-type") ?? "";
  if (kind.startsWith("text/event-stream")) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) out.append(part.value);
    return;
  }
  const text = await response.text();
  const shown = kind.includes("json") ? JSON.stringify(JSON.parse(text), undefined, 2) : text;
  out.textContent = shown.length > LONGEST ? `${shown.slice(0, LONGEST)}\n… ${shown.length - LONGEST} more characters` : shown;
}
