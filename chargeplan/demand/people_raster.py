"""People from a GeoTIFF whose pixels hold counts of people."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.country import is_swapped
from chargeplan.demand.people_grid import PeopleGrid, check_people
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import require_file
from chargeplan.geo import WGS84
from chargeplan.rows import Rows

if TYPE_CHECKING:
    from chargeplan.config.settings import PopulationRaster
    from chargeplan.records import Bools, Floats, StudyArea

KEY = "demand.population"
_LARGEST_LON_DEG, _LARGEST_LAT_DEG = 180.0, 90.0


def read_people_raster(
    settings: PopulationRaster, area: StudyArea, reach: tuple[float, float, float, float] | None = None
) -> PeopleGrid:
    """Read the pixels whose square touches the box around the study area, or the box `reach` around both.

    Pixels that the file declares as nodata hold nobody. Values below zero that are not
    declared, such as a forgotten -99999, are refused.

    Raises
    ------
    DataError
        When the file is no raster, has no CRS, no such band or rotated pixels, does not
        touch the study area, or holds negative or missing counts outside its nodata.
    """
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioError

    require_file(settings.path, f"{KEY}.path")
    try:
        with warnings.catch_warnings():
            # _check_dataset refuses such a file, with what to do.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            dataset = rasterio.open(settings.path)
        with dataset:
            _check_dataset(dataset, settings)
            window = _find_window(dataset, area, settings, reach)
            band = dataset.read(settings.band, window=window, masked=True)
            scale, offset = dataset.scales[settings.band - 1], dataset.offsets[settings.band - 1]
            counts = band.data.astype(np.float64) * scale + offset
            return _make_grid(dataset, window, counts, np.ma.getmaskarray(band), settings)
    except RasterioError as error:
        raise DataError(f"{KEY}.path: {settings.path} cannot be read as a raster: {error}") from error


def _check_dataset(dataset: Any, settings: PopulationRaster) -> None:
    faults = FaultCollector(DataError)
    name = settings.path.name
    if dataset.crs is None:
        faults.add(f"{KEY}.path: {name} has no CRS; write one into the file, such as EPSG:4326")
    if settings.band > dataset.count:
        faults.add(f"{KEY}.band: {name} has {dataset.count} band(s); got {settings.band}")
    turned = dataset.transform.b != 0 or dataset.transform.d != 0
    if turned or dataset.transform.is_identity:
        faults.add(
            f"{KEY}.path: {name} has pixels that do not lie along the axes of its CRS, or no position "
            f"at all; warp it to a north-up raster first"
        )
    faults.raise_if_any()


def _find_window(
    dataset: Any,
    area: StudyArea,
    settings: PopulationRaster,
    reach: tuple[float, float, float, float] | None,
) -> Any:
    """Find the pixels that touch the study area's box or `reach`, as a rasterio window."""
    from rasterio.warp import transform_bounds
    from rasterio.windows import Window

    box = area.boundary.bounds if reach is None else reach
    west, south, east, north = transform_bounds(WGS84, dataset.crs, *box)
    # Pixels lie along the axes (_check_dataset), so columns follow from x and rows from y alone.
    columns = [(x - dataset.transform.c) / dataset.transform.a for x in (west, east)]
    rows = [(y - dataset.transform.f) / dataset.transform.e for y in (south, north)]
    first_column, last_column = max(math.floor(min(columns)), 0), min(math.ceil(max(columns)), dataset.width)
    first_row, last_row = max(math.floor(min(rows)), 0), min(math.ceil(max(rows)), dataset.height)
    if first_column >= last_column or first_row >= last_row:
        left, bottom, right, top = transform_bounds(dataset.crs, WGS84, *dataset.bounds)
        raise DataError(
            f"{KEY}.path: {settings.path.name} does not touch the study area; it spans longitude "
            f"{left:.3f} to {right:.3f} and latitude {bottom:.3f} to {top:.3f}, the area "
            f"{area.boundary.bounds[0]:.3f} to {area.boundary.bounds[2]:.3f} and "
            f"{area.boundary.bounds[1]:.3f} to {area.boundary.bounds[3]:.3f}; {_advise(dataset)}"
        )
    return Window(first_column, first_row, last_column - first_column, last_row - first_row)


def _advise(dataset: Any) -> str:
    """Say what seems to be wrong with the position of a raster that lies elsewhere."""
    left, bottom, right, top = dataset.bounds
    crs = dataset.crs.to_string()
    in_degrees = (
        max(abs(left), abs(right)) <= _LARGEST_LON_DEG and max(abs(bottom), abs(top)) <= _LARGEST_LAT_DEG
    )
    if dataset.crs.is_projected and in_degrees:
        return f"its corners are degrees, but its CRS is {crs} in metres: give the file its true CRS, such as EPSG:4326"
    if dataset.crs.is_geographic and not in_degrees:
        return f"its corners are metres, but its CRS is {crs} in degrees: give the file its true CRS"
    if dataset.crs.is_geographic and is_swapped((left + right) / 2, (bottom + top) / 2):
        return "longitude and latitude are swapped: write it again with longitudes along its columns"
    return f"use a raster of the study area, or correct its CRS ({crs})"


def _make_grid(
    dataset: Any, window: Any, counts: Floats, is_nodata: Bools, settings: PopulationRaster
) -> PeopleGrid:
    row, column = np.nonzero(~is_nodata)
    people = counts[row, column]
    row, column = row + int(window.row_off), column + int(window.col_off)
    faults = FaultCollector(DataError)
    is_bad = ~(np.isfinite(people) & (people >= 0))
    names = [
        f"row {r} column {c} ({value:g})"
        for r, c, value in zip(row[is_bad], column[is_bad], people[is_bad], strict=True)
    ]
    check_people(
        people[is_bad],
        Rows("pixel", names),
        faults,
        where=f"{KEY}.path: {settings.path.name} (nodata is {dataset.nodata})",
        no_number="declare NaN as nodata in the file",
        negative="correct them, or declare the value as nodata in the file",
    )
    faults.raise_if_any()
    held = people > 0
    transform = dataset.transform
    return PeopleGrid(
        x=transform.c + (column[held] + 0.5) * transform.a,
        y=transform.f + (row[held] + 0.5) * transform.e,
        people=people[held],
        half_x=abs(transform.a) / 2,
        half_y=abs(transform.e) / 2,
        crs=dataset.crs.to_string(),
        origin=settings.path.name,
        squares_from="pixels of the raster",
    )
