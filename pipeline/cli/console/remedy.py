"""What to do about each fault, and the page that lists them all.

`python -m pipeline.cli.console.remedy` writes `docs/errors.md` anew; `tradegraph explain CODE` says one.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import CODES

__all__ = ["REMEDIES", "SECTIONS", "page"]

REMEDIES: dict[str, str] = {
    "TG001": "Read the hint; `tradegraph COMMAND --help` shows what the command takes.",
    "TG002": "`tradegraph init DIR` makes a project; `--project DIR` names one.",
    "TG010": "Mend the JSON at the named line; `tradegraph doctor` checks it again.",
    "TG011": "Keys are listed under [settings](settings.md); the hint names the nearest.",
    "TG012": "Set a value of the type and range that the message names.",
    "TG101": "Mend the YAML at the place of the caret.",
    "TG102": "Remove one of the two; the message says where the first stands.",
    "TG103": "Graphs of people are far below these limits; look for an alias that refers to itself or a file that "
    "is no graph.",
    "TG104": "Begin the file with `tradegraph: 1`.",
    "TG105": "Take the suggested key, or move it: params of a node stand under `with`.",
    "TG106": "Leave the key out; it will mean something in a later version and must not be ignored until then.",
    "TG107": "Write the shape that is expected: `{a: 1}` is a map, `[a, b]` a list.",
    "TG108": "Add the key.",
    "TG109": "Use lower-case letters, digits and `_`, beginning with a letter.",
    "TG110": "Check the path and its permissions.",
    "TG111": "Indent with spaces; an editor can turn tabs into them.",
    "TG121": "The message says why. Paths are relative to the file that they stand in and stay inside the project.",
    "TG122": "The message shows the circle; cut one `extends:`.",
    "TG123": "The message shows the circle; a sub-graph cannot contain itself.",
    "TG124": "`~` and changes are for what the parent has: take the suggested name, or make it a node of its own "
    "with `use:`.",
    "TG131": "Give all lists under `zip` as many values: the first cell takes the first of each, and so on.",
    "TG132": "Give each param a value, and a `where` that some cell keeps.",
    "TG133": "Take larger steps, or fewer params: `--max` with `--sampler random` looks at a sample of a grid.",
    "TG134": "Write an SQL condition over params of the graph: `where: slow >= 3 * fast`.",
    "TG135": "Say `--max N`.",
    "TG136": "`tradegraph nodes show backtest` lists the metrics of a type; the hint names a near one.",
    "TG201": "`tradegraph nodes list` shows all ids; if a plugin failed to load, the message says so.",
    "TG202": "Wire a node or a bars source of this file: `node`, `node.output`, `bars.close`.",
    "TG203": "`tradegraph nodes show ID` lists the outputs.",
    "TG204": "Declare it under `params:`, or take the suggested name.",
    "TG205": "Rename one of them: nodes and bars sources share their names.",
    "TG206": "Check the spelling of `-p name=value` or `--set node.param=value`.",
    "TG211": "Wire the input under `in:`.",
    "TG212": "Remove it, or take the suggested name.",
    "TG213": "Write `in: {input: source}` instead of one bare source.",
    "TG214": "The message shows both ends; put a node between them that makes the wanted kind.",
    "TG215": "The message shows the path of the cycle; cut one of its wires.",
    "TG216": "Feed the node from one bars source only.",
    "TG217": "A warning: list the node under `outputs:` or remove it.",
    "TG218": "A warning: use the param or remove it.",
    "TG219": "Remove `store: false` of the node, or the output.",
    "TG221": "Take the suggested name; `tradegraph nodes show ID` lists the params.",
    "TG222": "Write a value of the declared type.",
    "TG223": "Choose a value inside the range that the message names.",
    "TG224": "Set it under `with:`.",
    "TG225": "A warning: the message says what to keep in mind; the run stores it in `warnings`.",
    "TG226": "Set the variable to a value of the declared type and range, or give the param with `-p`.",
    "TG301": "`tradegraph data list` shows what is stored; import it, or take the suggested name.",
    "TG302": "Import bars of this timeframe, or change `timeframe:`.",
    "TG303": "Widen `from` and `to`; the message says what there is.",
    "TG304": "The message names the line and what was expected there.",
    "TG305": "Import the file again; `tradegraph data verify` names every damaged part.",
    "TG306": "Write a number and a unit: `1m`, `15m`, `4h`, `1d`, `1w`.",
    "TG307": "Run the command again; nothing was lost.",
    "TG308": "Rename the symbol: no slashes, no control characters, no leading dot.",
    "TG309": "Take the suggested name, `24/7` or `weekdays`, or install the extra `calendars`.",
    "TG310": "The vendor's own message, or the extra to install when its library is missing.",
    "TG311": "Universes are listed under `project.universes` in `plugin_config.json`.",
    "TG401": "Put a plain file of at most 1 MiB into a plugin directory; links that lead out of it are refused.",
    "TG402": "Mend the syntax at the named line.",
    "TG403": "Return what the plugin guide lists from `get_metadata`.",
    "TG404": "Give one of them another id; shipped nodes keep theirs.",
    "TG405": "The message names the argument; the hint shows how it is written.",
    "TG406": "The message has the plugin's own error and line.",
    "TG407": "Write it with what the adapter has; the message names the operation and line.",
    "TG408": "Write a module-level function instead of a lambda or closure.",
    "TG409": "Install the package, or mend what `get_dependencies` asks for; nothing is installed by itself.",
    "TG410": "The message shows the circle; remove one requirement.",
    "TG411": "Raise `max_plugins` in plugin_config.json, or remove plugins that nobody uses.",
    "TG412": "`tradegraph plugin sign FILE` signs it, `tradegraph plugin verify FILE` says what is wrong; "
    "`development_mode.allow_unsigned_plugins` lets unsigned ones load.",
    "TG413": "`tradegraph plugin test FILE` shows what it gives; the message names the column and row.",
    "TG414": "`tradegraph plugin test FILE` names the first row; look for shift(-1), centred windows, bfill and "
    "figures over the whole column.",
    "TG415": "Its `validate_environment` is false: its author's documentation says what it needs.",
    "TG416": "The message says why; nothing was changed.",
    "TG417": "Let it need less, or raise `memory_limit_mb`; `tradegraph plugin test FILE` shows what a call takes.",
    "TG418": "See [isolation](isolation.md) for what a plugin may do. One that you trust with more goes into "
    "`trusted_plugins`.",
    "TG419": "Name the id in `trusted_plugins` of plugin_config.json if you trust it, or declare it as the hint says.",
    "TG501": "The node's own error; `tradegraph runs show latest` has it, the `failures` table has the traceback.",
    "TG502": "Return one value per row, of the declared kind; events are -1, 0 or 1.",
    "TG503": "Look at the node that is named as the cause.",
    "TG504": "Run it again: what was computed is reused.",
    "TG505": "The message says at which line it was; `tradegraph runs replay latest NODE` calls it again without "
    "a limit.",
    "TG506": "The node exited, crashed or was killed, out of memory for example; the message says how.",
    "TG507": "Give it more bars, or the columns that it asks for.",
    "TG508": "A warning: `tradegraph plugin profile ID` shows where the time goes.",
    "TG521": "A file was saved meanwhile, or a worker sees other files, bars or package versions. Run it again.",
    "TG522": "The message says why; `--executor inline` does the tasks of workers in this process.",
    "TG523": "Dask: pip install 'tradegraph[cluster]'; samplers: pip install 'tradegraph[optuna]'.",
    "TG524": "Start one with `dask scheduler`, or leave --scheduler out: then a cluster is started for the run.",
    "TG525": "A warning: steps that are the same as before are taken from the store, the others computed. For the run "
    "as it was, put the file back: the table `runs` has it in its column `text`.",
    "TG601": "Check space and permissions: `tradegraph doctor`. The run's values are kept and published by the "
    "next run.",
    "TG602": "Use the newer tradegraph, or move `tradegraph.duckdb` away.",
    "TG603": "Run the graph again: a damaged value is computed anew.",
    "TG604": "The message is DuckDB's; `show all tables` lists what there is.",
    "TG605": "`tradegraph runs list` shows all runs.",
    "TG701": "Check the address and the network; what is installed goes on.",
    "TG702": "Install nothing from there; ask its operator, who runs `tradegraph market verify DIR`.",
    "TG703": "Ask the operator to run `tradegraph market renew`; if that was done, somebody keeps the news from you.",
    "TG704": "Install nothing from there; ask its operator. A mirror that lags behind says the same.",
    "TG705": "Install nothing from there; ask its operator, who runs `tradegraph market verify DIR`.",
    "TG706": "Get the digest again from somebody whom you trust; `tradegraph market init` and `rotate` print it.",
    "TG707": "`pip install 'tradegraph[market]'`.",
    "TG708": "`tradegraph market trust NAME URL DIGEST` begins to trust one; several need `--market NAME`.",
    "TG709": "`tradegraph market search` lists plugins, `tradegraph market info ID` their versions.",
    "TG710": "Do not install it; tell the operator. The message says whose id it is.",
    "TG711": "Take another version: `tradegraph market info ID` shows all of them and why this one was withdrawn.",
    "TG712": "Read what the message lists, then say so with the option that the hint names.",
    "TG713": "`tradegraph market verify --repair` puts the installed file back.",
    "TG714": "`tradegraph market info ID` says why; another version may be well.",
    "TG715": "Run it where plugins are confined, or say `tradegraph market allow ID`.",
    "TG716": "Take it from your repository, or remove it and install anew.",
    "TG717": "Name the key file or folder with `--key` or `--keys`; the message says which key is missing.",
    "TG718": "The message says what is wrong with it.",
    "TG719": "`tradegraph market review DIR AUTHOR/ID-VERSION` shows every step of the review.",
    "TG720": "A warning: make sure that you mean this one and not the other.",
    "TG721": "`tradegraph market init DIR` makes a marketplace.",
    "TG722": "Compare with a copy; what the log says after that line cannot be trusted.",
    "TG723": "`tradegraph plugin list` shows where plugins come from.",
    "TG724": "Look at the list, then approve it by its digest: `--dependencies SHA256`.",
    "TG801": "`faults` of the answer name each part; `/docs` of the server shows what the route takes.",
    "TG802": "The hint names the nearest; `/docs` of the server lists the routes.",
    "TG803": "`/docs` of the server shows the methods of a route; the header `Allow` names them.",
    "TG804": "Open the link that `tradegraph serve` printed, or send `Authorization: Bearer TOKEN`.",
    "TG805": "Use the address that `tradegraph serve` printed; pages of other sites cannot use the API.",
    "TG806": "Start `tradegraph serve` without `--read-only`.",
    "TG807": "Send less: a graph or a plugin file has at most 1 MiB.",
    "TG808": "Ask for fewer rows, or sum up in SQL; `tradegraph sql` has no such limits.",
    "TG809": "Try again when a task is done: `GET /api/tasks` lists them.",
    "TG810": "It is over already, or was not started by this server: end that process.",
    "TG811": "Read the file again, take over what others changed, and send it with the new `ETag`.",
    "TG812": "Write a name such as `trend` or `base/trend`: letters, digits, `_`, `-`, below the project's folder.",
    "TG813": "What `tradegraph serve` wrote to stderr has the traceback: please report it.",
    "TG814": "Out of memory for example; what was computed is kept, run it again.",
    "TG820": "`tradegraph plugin enable ID` switches it on again.",
    "TG901": "Say where to: `tradegraph report latest -o FILE`, into a folder that is there and may be written to.",
}
SECTIONS = (
    ("TG0", "Usage and settings"),
    ("TG1", "Graph files: shape, composition, sweeps"),
    ("TG2", "Graph files: names, wiring, params"),
    ("TG3", "Bars"),
    ("TG4", "Plugins"),
    ("TG5", "Execution"),
    ("TG6", "Store"),
    ("TG7", "Marketplace"),
    ("TG8", "API"),
    ("TG9", "Reports"),
)
_INTRO = """\
# Errors

Every error has a stable code, a place where there is one, what was expected and what came, and a hint. All faults of a
file are reported in one go; a `note` shows the other end of a wire, or where a sub-graph is used. `tradegraph explain
TG223` says what this page says of one code, `tradegraph check --fix` changes a file where there is one certain remedy.
Exit codes: 0 all well, 1 a node failed (or a check found something), 2 a fault in the graph or the call, 130
interrupted.

```text
graphs/x.yaml:8:39 TG223 node 'fast': period is 0, at least 1 is allowed
  8 |   fast: {use: ema, in: daily.close, with: {period: 0}}
    |                                                    ^
  hint: …
```
"""


def page() -> str:
    """`docs/errors.md`: every code with its meaning and what to do, in sections."""
    parts = [_INTRO]
    for prefix, title in SECTIONS:
        rows = [f"| {code} | {CODES[code]} | {REMEDIES[code]} |" for code in sorted(CODES) if code.startswith(prefix)]
        parts.append("\n".join(["", f"## {title}", "", "| code | meaning | what to do |", "|---|---|---|", *rows, ""]))
    return "".join(parts)


if __name__ == "__main__":
    Path("docs/errors.md").write_text(page(), encoding="utf-8")
