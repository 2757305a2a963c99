// Schemas of OpenAPI as people read them, and as examples.

export function make(tag, text, kind) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// text with words in backticks, as documentation has them
export function prose(tag, text, kind) {
  const made = make(tag, undefined, kind);
  text.split("`").forEach((part, at) => made.append(at % 2 ? make("code", part) : part));
  return made;
}

export class Schemas {
  constructor(page) {
    this.known = page.components.schemas;
  }

  resolved(schema) {
    const name = schema.$ref?.split("/").pop();
    return name ? { title: name, ...this.known[name] } : schema;
  }

  // the other branches of a union, without null
  branches(schema) {
    return (schema.anyOf ?? schema.oneOf ?? []).filter((one) => one.type !== "null");
  }

  type(schema) {
    const found = this.resolved(schema);
    const branches = this.branches(found);
    if (branches.length) {
      const nullable = (found.anyOf ?? found.oneOf).length > branches.length;
      return branches.map((one) => this.type(one)).join(" or ") + (nullable ? " or null" : "");
    }
    if (found.const !== undefined) return JSON.stringify(found.const);
    if (found.enum) return found.enum.map((one) => JSON.stringify(one)).join(" | ");
    if (found.type === "array") return `list of ${this.type(found.items ?? {})}`;
    if (found.properties) return found.title ?? "map";
    if (found.type === "object") return `map${found.additionalProperties?.type ? ` of ${found.additionalProperties.type}` : ""}`;
    return (found.format ?? found.type ?? "anything") + this.range(found);
  }

  range(schema) {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
    const low = minimum ?? exclusiveMinimum;
    const high = maximum ?? exclusiveMaximum;
    if (low === undefined && high === undefined) return "";
    if (high === undefined) return ` ${exclusiveMinimum === undefined ? "≥" : ">"} ${low}`;
    if (low === undefined) return ` ${exclusiveMaximum === undefined ? "≤" : "<"} ${high}`;
    return ` ${low} … ${high}`;
  }

  // the map that a schema is about, behind references, lists and unions
  core(schema) {
    const found = this.resolved(schema);
    if (found.properties) return found;
    if (found.type === "array" && found.items) return this.core(found.items);
    const branches = this.branches(found);
    return branches.length === 1 ? this.core(branches[0]) : undefined;
  }

  drawn(schema, above = []) {
    const core = this.core(schema);
    if (!core || above.includes(core.title) || above.length > 4) return undefined;
    const list = make("ul", undefined, "shape");
    const isNeeded = ([name]) => core.required?.includes(name) ?? false;
    const parts = Object.entries(core.properties);
    for (const [name, part] of [...parts.filter(isNeeded), ...parts.filter((one) => !isNeeded(one))]) {
      const item = make("li");
      item.append(make("code", name, core.required?.includes(name) ? "needed" : ""), " ");
      item.append(make("span", this.type(part), "type"));
      const said = part.description ?? (part.$ref ? undefined : this.resolved(part).description);
      if (said) item.append(" ", prose("span", said, "says"));
      const inner = this.drawn(part, [...above, core.title]);
      if (inner) item.append(inner);
      list.append(item);
    }
    return list;
  }

  example(schema, depth = 0) {
    const found = this.resolved(schema);
    if (found.default !== undefined) return found.default;
    const branches = this.branches(found);
    if (branches.length) return (found.anyOf ?? found.oneOf).length > branches.length ? null : this.example(branches[0], depth);
    if (found.enum) return found.enum[0];
    if (found.properties && depth < 4) {
      const needed = Object.entries(found.properties).filter(([name]) => found.required?.includes(name));
      return Object.fromEntries(needed.map(([name, part]) => [name, this.example(part, depth + 1)]));
    }
    return { string: "", integer: found.minimum ?? 1, number: 1, boolean: false, array: [], object: {} }[found.type] ?? null;
  }
}
