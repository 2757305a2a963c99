"""Bars on disk: imported once, corrected in the open, read back adjusted and verified.

Nouns: a **Market** is the store of a project. Its **Head** names one **Sheet** per timeframe and the
**actions** (dividends and splits); a sheet names the **Parts** (immutable Parquet files) of each
symbol; a part is made of **Spans**, stretches of rows with a digest of their content. A change builds new
files, then advances the head by compare-and-swap: readers see the old market or the new one, never
a mixture. `MemoryMarket` speaks the same protocol without a disk.

May import `pipeline.model` and `pipeline.errors` alone of this house; the engine comes to it, never
the other way round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.market.memory import MemoryMarket
from pipeline.market.report import ImportReport
from pipeline.market.store import Coverage, Market
from pipeline.market.verify import Finding

if TYPE_CHECKING:
    from pipeline.market.formats import Choice
    from pipeline.market.importing import import_files, import_frame
    from pipeline.market.synth import synthesise

__all__ = [
    "Choice",
    "Coverage",
    "Finding",
    "ImportReport",
    "Market",
    "MemoryMarket",
    "import_files",
    "import_frame",
    "synthesise",
]

_LATER = {"Choice": "formats", "import_files": "importing", "import_frame": "importing", "synthesise": "synth"}
"""What only an import needs, by module: a dozen formats, which every start of a command would read."""


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
