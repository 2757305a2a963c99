"""`tradegraph data …`: bars imported, listed, checked, described, removed."""
