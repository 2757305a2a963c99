"""One column without labels: its types, what is missing in it, arithmetic, one number from many."""
