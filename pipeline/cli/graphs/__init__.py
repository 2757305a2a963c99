"""Graph files looked at without a run: `check`, `plan`, `schema` and `tradegraph graph …`."""
