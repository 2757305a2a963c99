# Two commands do all the set-up: `make run` and `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
RUNTIME := $(VENV)/.runtime
DEV := $(VENV)/.dev
EDITOR := tests/editor/node_modules/.package-lock.json
WEB := web/node_modules/.package-lock.json

.DEFAULT_GOAL := help
.PHONY: help run test test-all check format manifest errors page lock bench clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

run: $(RUNTIME) ## set up, import the sample bars, run graphs/ema_cross.yaml, show the result and write its report
	$(BIN)/tradegraph data import examples/bars --timeframe 1d
	$(BIN)/tradegraph run graphs/ema_cross.yaml --report

test: $(DEV) $(EDITOR) $(WEB) ## set up and run the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup -m "not heavy"

test-all: $(DEV) $(EDITOR) $(WEB) ## the same with the long suites
	$(BIN)/python -m pytest -n auto --dist loadgroup

check: $(DEV) ## lint, format, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## put the code into its format
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format .

manifest: $(RUNTIME) ## list the shipped node files and their page anew, after one was edited
	$(BIN)/python -m pipeline.plugins.manifest
	$(BIN)/python -m pipeline.plugins.codes
	$(BIN)/python -m pipeline.plugins.examination.examined
	$(BIN)/python -c 'from pipeline.cli.nodes.catalog import catalog; from pipeline.plugins.discover import build_registry; print(catalog(build_registry([]).registry), end="")' > docs/nodes.md

errors: $(RUNTIME) ## write docs/errors.md anew, after a code was added
	$(BIN)/python -m pipeline.cli.console.remedy

page: $(WEB) ## build the script and the style of the report anew, after web/src was edited
	node web/build.js

lock: $(DEV) ## resolve the versions in requirements/ anew
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --extra build pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --extra build --extra dev --extra bench -c requirements/runtime.txt \
	  pyproject.toml -o requirements/dev.txt

bench: $(DEV) ## time the engine against its peers
	$(BIN)/python -m benchmarks

clean: ## remove the environment and everything that runs of this checkout left behind
	rm -rf $(VENV) .tradegraph market tradegraph.duckdb logs reports

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "tradegraph needs Python 3.11 or later; say which: make PYTHON=python3.12 run"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements/runtime.txt pyproject.toml | $(BIN)/python
	$(PIP) --require-hashes -r requirements/runtime.txt
	$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(DEV): requirements/dev.txt $(RUNTIME)
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

# the language server that editors use for YAML; where it cannot be had, its tests are skipped
$(EDITOR): tests/editor/package-lock.json
	@cd tests/editor && if command -v npm > /dev/null; then \
	  npm ci --ignore-scripts --no-audit --no-fund --silent || echo "no yaml-language-server: its tests are skipped"; \
	fi

# what the script of the report is made of; where it cannot be had, the tests that build it are skipped
$(WEB): web/package-lock.json
	@cd web && if command -v npm > /dev/null; then \
	  npm ci --ignore-scripts --no-audit --no-fund --silent || echo "no esbuild: the tests of web are skipped"; \
	fi
