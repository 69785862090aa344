"""Figures of data/costs/grid.csv that stand in where nobody said."""

from __future__ import annotations

from chargeplan.figures import PLANNER, DatedFigure, read_figure_file

_FOLDER, _FILE = "costs", "grid.csv"


def find_unknown_headroom_figure(given_pkr_kw: float | None) -> DatedFigure:
    """Find the risk charged per kW of load below an unknown headroom: what the config says, else the table.

    Examples
    --------
    >>> find_unknown_headroom_figure(None).confidence
    'assumption'
    >>> find_unknown_headroom_figure(9.0).value
    9.0
    """
    name, unit = "unknown_headroom_pkr_kw", "PKR/kW"
    if given_pkr_kw is not None:
        return DatedFigure(name, given_pkr_kw, unit, "grid.unknown_headroom_pkr_kw", PLANNER)
    return read_figure_file(_FOLDER, _FILE, ("quantity",))[(name,)]


def read_usual_max_steps() -> int:
    """Read how many upgrades an asset can get whose file names a step but not how many."""
    return int(read_figure_file(_FOLDER, _FILE, ("quantity",))[("max_steps",)].value)
