// Writes the script and the style of the report into pipeline/report, the same bytes wherever it runs.
// `node build.js DIR` writes them elsewhere: a test compares them with those that ship.
import { build } from "esbuild";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const home = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(home, "..", "pipeline", "report");

const shared = { bundle: true, minify: true, charset: "ascii", legalComments: "inline", logLevel: "warning" };

await build({
  ...shared,
  absWorkingDir: home,
  entryPoints: ["src/main.js"],
  outfile: join(target, "page.js"),
  format: "iife",
  target: ["chrome110", "firefox115", "safari16.4"],
  // the development build of the charts checks its arguments; the page gets the other
  conditions: ["production"],
});
await build({ ...shared, absWorkingDir: home, entryPoints: ["src/page.css"], outfile: join(target, "page.css") });
