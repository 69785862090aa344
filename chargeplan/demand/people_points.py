"""People from a layer of points, in any CRS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.people_grid import PeopleGrid, check_people, make_grid_of_points
from chargeplan.demand.vector_layer import describe_missing_column, read_layer
from chargeplan.errors import DataError, FaultCollector
from chargeplan.geo import WGS84, check_coordinates
from chargeplan.rows import Rows

if TYPE_CHECKING:
    from chargeplan.config.settings import PopulationPoints
    from chargeplan.records import StudyArea

KEY = "demand.population"


def read_people_points(settings: PopulationPoints, area: StudyArea) -> PeopleGrid:
    """Read the points and find the square each stands for.

    Raises
    ------
    DataError
        When the layer cannot be read, has no CRS, no such column, other geometry than
        points, counts that are missing or negative, or lies outside Pakistan.
    """
    import pandas as pd

    layer = read_layer(settings.path, f"{KEY}.path")
    name = settings.path.name
    faults, rows = FaultCollector(DataError), Rows("feature")
    is_point = (layer.geometry.geom_type == "Point").to_numpy() & ~layer.geometry.is_empty.to_numpy()
    if not is_point.all():
        faults.add(
            f"{KEY}.path: {name}: no single point in {rows.name(np.flatnonzero(~is_point))}; use a layer of points"
        )
    columns = layer.columns.drop(layer.geometry.name)
    if settings.column not in columns:
        faults.add(describe_missing_column(f"{KEY}.column", name, settings.column, columns))
    faults.raise_if_any()
    people = pd.to_numeric(layer[settings.column], errors="coerce").to_numpy(dtype=np.float64)
    where = f'{KEY}.column: {name}, column "{settings.column}"'
    check_people(people, rows, faults, where=where)
    faults.raise_if_any()
    points = layer.geometry.to_crs(WGS84)
    lon, lat = np.asarray(points.x, dtype=np.float64), np.asarray(points.y, dtype=np.float64)
    check_coordinates(lon, lat, f"{KEY}.path: {name}", rows=rows)
    return make_grid_of_points(
        lon,
        lat,
        people,
        square_m=settings.square_m,
        crs_options=(layer.crs.to_string(), WGS84, area.crs),
        metric_crs=area.crs,
        key=KEY,
        origin=name,
    )
