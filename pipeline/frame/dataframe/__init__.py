"""DataFrame: named columns on one index, and what only a table can do."""
