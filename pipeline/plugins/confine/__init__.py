"""Confinement: what a worker gives up before it runs a line of somebody else's code, and what the system can enforce.

Nouns: `Confinement` (what is enforced), `Bounds` (how much a worker may use), `Sight` (which files it may read). Each
means has a file of its own: `limits` (resources), `privilege` (capabilities), `landlock` (files), `seccomp` (system
calls). Nothing here imports from the rest of the plugin room, or any library: it runs in a process that is about to be
shut in.
"""

from pipeline.plugins.confine.limits import Bounds
from pipeline.plugins.confine.sight import Sight
from pipeline.plugins.confine.status import Confinement, available, confine

__all__ = ["Bounds", "Confinement", "Sight", "available", "confine"]
