"""The plugin guide's abstract classes. Light on purpose: workers import this and little else."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
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
        self.logger = logging.getLogger(f"tradegraph.plugin.{type(self).__name__}")

    @abstractmethod
    def generate_signals(self, df: Any) -> Any:
        """`df` with the columns `signal` (1 buy, -1 sell, 0 hold) and `signal_strength` (0 to 1)."""

    @abstractmethod
    def get_parameters(self) -> dict[str, Any]:
        """Current parameter values by name."""

    @abstractmethod
    def set_parameters(self, parameters: dict[str, Any]) -> None:
        """Change parameters; raises ValueError for a value that is not allowed."""
