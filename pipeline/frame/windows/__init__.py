"""Windows over columns: ``rolling``, ``expanding``, ``ewm``, and the sums that make them exact."""
