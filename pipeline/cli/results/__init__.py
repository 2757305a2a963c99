"""What runs left behind: `runs …`, `cache …`, `sql`, `export`, `report`."""
