"""Series: one named column on an index, and its accessors ``str``, ``dt`` and ``cat``."""
