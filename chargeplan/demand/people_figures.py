"""People from totals alone, spread by road length and places."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import name_figures, parse_not_negative, read_figures
from chargeplan.demand.people import CellPeople
from chargeplan.errors import ConfigError, DataError, FaultCollector

if TYPE_CHECKING:
    from chargeplan.config.settings import FigureFiles, PopulationFigures
    from chargeplan.records import Floats

LOG = logging.getLogger(__name__)
_COLUMNS = ("quantity", "value", "unit", "source", "confidence")
_BY_PLACES = "people_by_places_share"


def spread_figures(
    settings: PopulationFigures, road_m: Floats, place_weight: Floats, own: FigureFiles | None = None
) -> CellPeople:
    """Spread the sum of the figures over the cells, mostly by road length, partly by places.

    Parameters
    ----------
    settings : PopulationFigures
    road_m, place_weight : ndarray of float64, shape (n_cells,)
        Road length and weight of the places in each cell; roads are not all zero.

    Returns
    -------
    CellPeople
        ``people_in`` is the sum of the figures; ``people_outside`` the part that
        `share_in_area` leaves out.

    Raises
    ------
    ConfigError
        When the figures leave nobody in the study area.
    """
    people_in = float(sum(figure.people for figure in settings.figures))
    people_inside = float(sum(figure.people * figure.share_in_area for figure in settings.figures))
    if not people_inside > 0:
        raise ConfigError(
            "demand.population.figures: the figures leave 0 people in the study area; "
            "give people and share_in_area above 0"
        )
    by_places = read_share_by_places(own)
    shares = road_m / road_m.sum()
    total_weight = float(place_weight.sum())
    if total_weight > 0:
        shares = (1 - by_places.value) * shares + by_places.value * place_weight / total_weight
    else:
        LOG.warning("no place lies in the study area; all people are spread by road length")
    people = people_inside * shares / shares.sum()
    LOG.info("%.0f people in figures, %.0f of them in the study area", people_in, people_inside)
    return CellPeople(
        np.asarray(people, dtype=np.float64),
        people_in,
        people_in - people_inside,
        (
            *(
                Figure(f"people of {figure.name}", figure.people, "people", figure.source, "planner")
                for figure in settings.figures
            ),
            *(
                Figure(
                    f"share of {figure.name} in the study area",
                    figure.share_in_area,
                    "share",
                    "demand.population.figures",
                    "planner",
                )
                for figure in settings.figures
            ),
            compute_figure("people read", people_in, "people"),
            compute_figure("people outside the study area", people_in - people_inside, "people"),
            by_places
            if total_weight > 0
            else compute_figure(by_places.step, 0.0, "share", "no place lies in the study area"),
        ),
    )


def read_share_by_places(own: FigureFiles | None = None) -> Figure:
    """Read the share of people that is spread by places.

    Raises
    ------
    DataError
        When the table lacks it or it is no share.
    """
    faults = FaultCollector(DataError)
    for where, row in read_figures("people_spread", own, _COLUMNS):
        if row["quantity"] == _BY_PLACES:
            value = parse_not_negative(row["value"], f"{where}: value", faults, largest=1.0)
            faults.raise_if_any()
            return Figure(
                "share of people spread by places", value, "share", row["source"], row["confidence"]
            )
    raise DataError(f"{name_figures('people_spread', own)} has no line {_BY_PLACES}; add it")
