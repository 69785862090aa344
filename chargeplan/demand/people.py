"""People per cell, from whichever source the config names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.errors import RecordError
from chargeplan.words import PopulationSource

if TYPE_CHECKING:
    from chargeplan.config.settings import (
        PopulationCsv,
        PopulationPoints,
        PopulationRaster,
    )
    from chargeplan.demand.explain import Figure
    from chargeplan.demand.people_grid import PeopleGrid
    from chargeplan.records import Floats, StudyArea


@dataclass(frozen=True, slots=True, eq=False)
class CellPeople:
    """People of each cell of a cover.

    Parameters
    ----------
    people : ndarray of float64, shape (n_cells,)
    people_in : float
        All people that were read.
    people_outside : float
        Those of them who are in no cell.
    figures : tuple of Figure
        How the numbers came about.
    """

    people: Floats
    people_in: float
    people_outside: float
    figures: tuple[Figure, ...]


def read_people(
    settings: PopulationPoints | PopulationRaster | PopulationCsv,
    area: StudyArea,
    reach: tuple[float, float, float, float] | None = None,
) -> PeopleGrid:
    """Read a grid of people from a layer of points, a raster or a CSV file.

    Points and CSV rows are all read, also those far from the study area; of a raster only
    the pixels that touch the box around the area are, or the box `reach` (west, south, east,
    north in degrees) when it is given.

    Raises
    ------
    DataError
        When the file cannot be used; the message names every fault.
    """
    if settings.source is PopulationSource.POINTS:
        from chargeplan.demand.people_points import read_people_points

        return read_people_points(settings, area)
    if settings.source is PopulationSource.RASTER:
        from chargeplan.demand.people_raster import read_people_raster

        return read_people_raster(settings, area, reach)
    if settings.source is PopulationSource.CSV:
        from chargeplan.demand.people_csv import read_people_csv

        return read_people_csv(settings, area)
    msg = f"no reader for the population source {settings.source}"
    raise RecordError(msg)
