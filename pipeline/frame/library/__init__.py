"""pandas as a library: old functions, modules, errors, options; what is missing, and real pandas as the way out."""
