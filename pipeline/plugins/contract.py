"""The plugin guide's abstract classes. Light on purpose: workers import this and little else."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from functools import cached_property
from typing import Any

__all__ = ["BaseStrategy", "IndicatorPlugin", "StrategyPlugin"]


class StrategyPlugin(ABC):
    """A file's declaration that it holds a strategy."""

    @abstractmethod
    def get_strategy_class(self) -> type:
        """The strategy class, a subclass of BaseStrategy."""

    @abstractmethod
    def get_metadata(self) -> dict[str, Any]:
        """Id, name, version, author, description, type and parameters."""

    def get_dependencies(self) -> list[str]:
        """Requirements such as `numpy>=2`; none unless overridden."""
        return []

    def validate_environment(self) -> bool:
        """False when the plugin cannot work here; true unless overridden."""
        return True


class IndicatorPlugin(ABC):
    """A file's declaration that it holds an indicator; the plugin is the indicator."""

    @abstractmethod
    def calculate(self, data: Any, **kwargs: Any) -> Any:
        """A series, a frame, or a dict of series, one value per row of `data`."""

    @abstractmethod
    def get_metadata(self) -> dict[str, Any]:
        """Id, name, version, author, description, type and parameters."""

    def get_dependencies(self) -> list[str]:
        """Requirements such as `numpy>=2`; none unless overridden."""
        return []

    def validate_data(self, data: Any) -> bool:  # noqa: ARG002 - the guide's signature
        """False when `data` lacks what the indicator needs; true unless overridden."""
        return True


class BaseStrategy(ABC):
    """What every strategy of the guide's kind derives from."""

    def __init__(self) -> None:
        self.name = type(self).__name__
        self.description = ""

    @cached_property
    def logger(self) -> logging.Logger:
        """Writes into the project's plugin log; there also for a strategy that does not call this constructor."""
        return logging.getLogger(f"tradegraph.plugin.{type(self).__name__}")

    @abstractmethod
    def generate_signals(self, df: Any) -> Any:
        """`df` with the columns `signal` (1 buy, -1 sell, 0 hold) and `signal_strength` (0 to 1)."""

    @abstractmethod
    def get_parameters(self) -> dict[str, Any]:
        """Current parameter values by name."""

    @abstractmethod
    def set_parameters(self, parameters: dict[str, Any]) -> None:
        """Change parameters; raises ValueError for a value that is not allowed."""

    def get_parameter_bounds(self) -> dict[str, dict[str, Any]]:
        """`min` and `max` of parameters by name, besides those of the metadata; none unless overridden."""
        return {}

    def calculate_position_size(self, signal_strength: float) -> float:
        """The share of the cash, 0 to 1, that a decision of this strength takes: the strength, unless overridden."""
        return signal_strength

    def backtest(self, data: Any, **options: Any) -> dict[str, Any]:
        """What became of the signals on `data`: metrics, `trades`, `equity` and `signals`, by the product's back-test.

        `options` are params of the node type `backtest`: fee, slippage, fill, direction, cash, bars_per_year …
        """
        # workers and plugins import this file; the back-test comes with nodes and kernels
        from pipeline.plugins.trade import backtest

        return backtest(self, data, options)
