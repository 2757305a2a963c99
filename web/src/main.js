// The script of every report. `window.tradegraph` says when the page is ready, and lets a console look at it.
import { byId, h } from "./dom.js";
import { run } from "./run.js";
import { sweep } from "./sweep.js";

const began = performance.now();

async function start() {
  const report = JSON.parse(byId("report").textContent);
  const page = await (report.kind === "run" ? run(report) : sweep(report));
  window.tradegraph = { page, ready: true, took: performance.now() - began };
  document.documentElement.dataset.ready = "true";
}

start().catch((error) => {
  const text = "DecompressionStream" in window ? String(error) : "This browser is too old for the charts of this page.";
  byId("main").prepend(h("p", { class: "broken", role: "alert" }, text));
  throw error;
});
