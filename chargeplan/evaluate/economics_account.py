"""The account that a sceptic can follow: every figure that was used and every one that came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from chargeplan.figures import DatedFigure

if TYPE_CHECKING:
    import numpy as np

    from chargeplan.records import PlanRequest

COMPUTED = "computed"


class Account:
    """Figures in the order of the reckoning.

    Parameters
    ----------
    request : PlanRequest
        Holds the figures that were given.
    """

    def __init__(self, request: PlanRequest) -> None:
        self._given = {
            str(row["name"]): DatedFigure(
                str(row["name"]),
                float(row["value"]),
                str(row["unit"]),
                str(row["source"]),
                str(row["confidence"]),
            )
            for row in request.figures.to_dict("records")
        }
        self._rows: list[DatedFigure] = []
        self._used: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Tell whether a figure was given."""
        return name in self._given

    def use(self, name: str) -> float:
        """Use a given figure: note it the first time, and return its value.

        Raises
        ------
        KeyError
            When there is no such figure.
        """
        figure = self._given[name]
        if name not in self._used:
            self._used.add(name)
            self._rows.append(figure)
        return figure.value

    def use_if(self, name: str, is_needed: bool | np.bool_) -> float:
        """Use a given figure where it is needed, else return 0 and leave it out of the account."""
        return self.use(name) if is_needed else 0.0

    def note(
        self, step: str, value: float, unit: str, how: str = COMPUTED, *, confidence: str = COMPUTED
    ) -> float:
        """Note a figure that was computed, and how, and return it."""
        self._rows.append(DatedFigure(step, float(value), unit, how, confidence))
        return float(value)

    def tabulate(self) -> pd.DataFrame:
        """Return the account with the columns step, value, unit, source and confidence."""
        return pd.DataFrame(
            {
                "step": pd.Series([row.name for row in self._rows], dtype="str"),
                "value": pd.Series([row.value for row in self._rows], dtype="float64"),
                "unit": pd.Series([row.unit for row in self._rows], dtype="str"),
                "source": pd.Series([row.source for row in self._rows], dtype="str"),
                "confidence": pd.Series([row.confidence for row in self._rows], dtype="str"),
            }
        )
