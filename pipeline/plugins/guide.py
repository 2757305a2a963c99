"""The plugin guide's classes as plugins of ours: what a declaration says, and instances made with params.

The frame of one symbol has the columns timestamp, open, high, low, close, volume and a RangeIndex, and a column for
each input that the metadata name besides.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import NodeError, PluginError, did_you_mean
from pipeline.model.captured import Captured
from pipeline.model.param import ParamSet
from pipeline.plugins.contract import BaseStrategy, IndicatorPlugin, StrategyPlugin
from pipeline.plugins.keyword import Keywords, keywords_of
from pipeline.plugins.metadata import Metadata, read_metadata
from pipeline.plugins.parameter import found_defaults, params_of

__all__ = ["GuidePlugin", "ParameterError", "RefusedData", "read_plugin", "sized"]


class ParameterError(PluginError, ValueError):
    """A parameter value that a plugin does not take. Also a ValueError, as the guide's own examples raise."""

    code = "TG223"


class RefusedData(NodeError):
    """A plugin's own `validate_data` says that it cannot work with these bars."""

    code = "TG507"


@dataclass(frozen=True)
class GuidePlugin:
    """One StrategyPlugin or IndicatorPlugin of a file.

    `made` is the class that params go to: the strategy's, or the plugin's own. `keywords` are those that it reads of
    its `**kwargs`. `requirements` are as `get_dependencies` gives them. `real` says that it works on real pandas.
    """

    metadata: Metadata
    declaration: type[Any]
    made: type[Any]
    params: ParamSet
    keywords: Keywords
    requirements: tuple[str, ...]
    path: str
    real: bool = False
    twin: Callable[[], GuidePlugin] | None = None
    """The same plugin with `import pandas` meaning pandas itself."""
    home: Captured | None = None
    """The files of a plugin whose classes are not in this process; see `here`."""

    @property
    def id(self) -> str:
        return self.metadata.id

    @property
    def kind(self) -> str:
        """Strategy or indicator."""
        return self.metadata.type

    def checked(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Params with defaults, checked; keywords that only the code knows stay as they are. Raises ParameterError."""
        declared = {name: self._fitted(name, value) for name, value in given.items() if self.params.get(name)}
        others = {name: value for name, value in given.items() if name not in declared}
        unknown = [name for name in others if name not in self.keywords.names]
        if unknown and not self.keywords.open:
            names = [*(param.name for param in self.params), *self.keywords.names]
            hint = did_you_mean(unknown[0], names) or "It takes no parameters."
            raise ParameterError(f"{self.id} has no parameter {unknown[0]!r}", code="TG221", hint=hint)
        found, faults = self.params.check(declared, owner=self.id)
        if faults:
            raise ParameterError(faults[0].message, code=faults[0].code, hint=faults[0].hint)
        return {**found, **others}

    def _fitted(self, name: str, value: Any) -> Any:
        """Python's own leniency: a whole number where a float is declared, numpy's numbers as plain ones."""
        param = self.params.get(name)
        assert param is not None
        value = value.item() if isinstance(value, np.generic) else value
        return float(value) if param.type is float and type(value) is int else value

    def make(self, params: Mapping[str, Any]) -> Any:
        """An instance with these params: those that the constructor takes go there, the rest through `set_parameters`.

        Raises whatever the plugin raises.
        """
        taken = inspect.signature(self.made).parameters
        anything = any(arg.kind is arg.VAR_KEYWORD for arg in taken.values())
        first = {name: value for name, value in params.items() if anything or name in taken}
        instance = self.made(**first)
        rest = {name: value for name, value in params.items() if name not in first}
        if rest and hasattr(instance, "set_parameters"):
            instance.set_parameters(rest)
        return instance

    def calculate(self, bars: Any, params: Mapping[str, Any]) -> Any:
        """What the indicator gives for `bars`, a frame of the library that it works on. Raises RefusedData."""
        indicator = self.make(params)
        if not indicator.validate_data(bars):
            raise RefusedData(
                f"{self.id}: validate_data refused the {len(bars)} bars",
                hint="It asks for columns or for a number of bars that are not there.",
            )
        taken = inspect.signature(indicator.calculate).parameters.values()
        anything = any(arg.kind is arg.VAR_KEYWORD for arg in taken)
        names = {arg.name for arg in list(taken)[1:]}
        return indicator.calculate(bars, **{n: v for n, v in params.items() if anything or n in names})


def read_plugin(declaration: type[Any], tree: ast.Module, path: str, *, real: bool) -> GuidePlugin:
    """The plugin that a class of a file declares. Raises PluginError TG403, TG415, or whatever its code raises."""
    kind = "strategy" if issubclass(declaration, StrategyPlugin) else "indicator"
    instance = _instance(declaration, path)
    metadata = read_metadata(instance.get_metadata(), kind, declaration.__name__)
    made, subject = declaration, instance
    if isinstance(instance, StrategyPlugin):
        made = instance.get_strategy_class()
        if not isinstance(made, type) or not callable(getattr(made, "generate_signals", None)):
            name = f"{declaration.__name__}.get_strategy_class()"
            raise PluginError(f"{name} gave {made!r}, expected a class with generate_signals", code="TG403")
        subject = _instance(made, path)
    keywords = keywords_of(tree, made, "__init__") if _takes_any(made) else Keywords()
    if kind == "indicator" and _takes_any(declaration.calculate):
        keywords |= keywords_of(tree, made, "calculate")
    bounds = subject.get_parameter_bounds() if hasattr(subject, "get_parameter_bounds") else {}
    params = params_of(metadata, found_defaults(made, subject, keywords), bounds, path)
    requirements = tuple(_dependencies(instance, metadata))
    # guides ask strategies alone; an indicator that has the method means the same by it
    if hasattr(instance, "validate_environment") and not instance.validate_environment():
        raise PluginError(f"{metadata.id}: validate_environment says that it cannot work here", code="TG415")
    return GuidePlugin(metadata, declaration, made, params, keywords, requirements, path, real)


def sized(strategy: Any, result: Any) -> tuple[Any, Any]:
    """Signal and strength of what `generate_signals` gave; strengths of decisions go through an own
    `calculate_position_size` of the strategy. Raises NodeError TG502 where a column is missing.
    """
    missing = [name for name in ("signal", "signal_strength") if name not in getattr(result, "columns", ())]
    if missing:
        hint = "The guide asks for both columns."
        raise NodeError(f"generate_signals gave no column {missing[0]!r}", code="TG502", hint=hint)
    signal, strength = result["signal"], result["signal_strength"]
    size = getattr(strategy, "calculate_position_size", None)
    if size is None or getattr(type(strategy), "calculate_position_size", None) is BaseStrategy.calculate_position_size:
        return signal, strength
    try:
        decided = np.asarray(signal, dtype=np.float64)
        strengths = np.array(strength, dtype=np.float64)
    except (TypeError, ValueError):  # text, say: whoever checks the columns will name it
        return signal, strength
    for row in np.flatnonzero(np.isfinite(decided) & (decided != 0.0) & np.isfinite(strengths)):
        strengths[row] = size(float(strengths[row]))
    return signal, type(strength)(strengths, index=strength.index, name=strength.name)


def _instance(made: type[Any], path: str) -> Any:
    try:
        return made()
    except TypeError as error:
        raise PluginError(
            f"{made.__name__} cannot be made without arguments: {error}",
            code="TG403",
            hint=f"Give every argument of {made.__name__}.__init__ a default ({path}).",
        ) from error


def _takes_any(made: Any) -> bool:
    return any(arg.kind is arg.VAR_KEYWORD for arg in inspect.signature(made).parameters.values())


def _dependencies(instance: StrategyPlugin | IndicatorPlugin, metadata: Metadata) -> list[str]:
    found = instance.get_dependencies() if hasattr(instance, "get_dependencies") else []
    if not isinstance(found, list | tuple) or not all(isinstance(item, str) for item in found):
        raise PluginError(f"{metadata.id}: get_dependencies gave {found!r}, expected a list of texts", code="TG403")
    return list(found)
