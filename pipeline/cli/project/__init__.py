"""A project set up, examined and served: `init`, `doctor`, `serve`."""
