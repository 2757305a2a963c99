"""The errors that pandas names, for authors who catch them."""

from __future__ import annotations

__all__ = ["DataError", "ERRORS"]


class DataError(Exception):
    """An operation on numbers was asked of something else."""


_PLAIN: dict[str, type[Exception]] = {
    "EmptyDataError": ValueError, "ParserError": ValueError, "MergeError": ValueError,
    "OutOfBoundsDatetime": ValueError,
    "OutOfBoundsTimedelta": ValueError, "IndexingError": Exception, "InvalidIndexError": Exception,
    "SpecificationError": Exception, "UnsortedIndexError": KeyError,
    "UndefinedVariableError": NameError, "IntCastingNaNError": ValueError, "DuplicateLabelError": ValueError,
    "DtypeWarning": Warning, "PerformanceWarning": Warning, "SettingWithCopyWarning": Warning,
    "SettingWithCopyError": ValueError, "ChainedAssignmentError": Warning, "ParserWarning": ValueError,
    "Pandas4Warning": DeprecationWarning, "PandasWarning": DeprecationWarning, "UnsupportedFunctionCall": ValueError,
    "InvalidColumnName": Warning, "NullFrequencyError": ValueError, "AbstractMethodError": NotImplementedError,
}  # fmt: skip
ERRORS: dict[str, type[Exception]] = {
    "DataError": DataError,
    **{name: type(name, (base,), {"__module__": __name__}) for name, base in _PLAIN.items()},
}
