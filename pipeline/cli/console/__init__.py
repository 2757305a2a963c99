"""What commands share at the prompt: options, faults, tables, figures; and `completion`, `explain`."""
