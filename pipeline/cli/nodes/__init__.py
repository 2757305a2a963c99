"""`tradegraph nodes …`: the node types that graphs may use: listed, shown, put through the laws."""
