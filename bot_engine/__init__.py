"""The plugin guide's Python API: a façade over `pipeline`, under the names that plugins import."""
