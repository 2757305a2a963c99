"""The params that all back-tests have: how orders are filled, and what that costs."""

from typing import Annotated, Literal

from pipeline import Param

Fill = Annotated[
    Literal["next_open", "next_close", "same_close"],
    Param("Where an order is filled: the open or close of the next bar; same_close is optimistic"),
]
Fee = Annotated[float, Param("Share of what is traded, per side; 0.001 is ten basis points", ge=0.0, lt=1.0)]
Slippage = Annotated[float, Param("How much worse than the price a fill is, per side", ge=0.0, lt=1.0)]
Cash = Annotated[float, Param("What an account begins with", gt=0.0, le=1e15)]
BarsPerYear = Annotated[
    float, Param("252 daily equities, 365 daily crypto, 6048 hourly FX, 12 monthly bars", gt=0.0, le=4e7)
]
