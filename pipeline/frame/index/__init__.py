"""Labels of rows and columns: the index types, finding labels, labels as lists and as sets."""
