"""Portfolio nodes: what a position earned and how that is measured. One file declares one node type."""
