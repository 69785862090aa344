"""What the classical problems take: arrays, sparse matrices, triplets or points with a CRS.

All faults of one call are collected and raised together.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.classical.distances import Distances
from chargeplan.errors import DataError, FaultCollector, name_rows

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints


class InputReader:
    """Reads the arguments of one call and raises all their faults together."""

    def __init__(self) -> None:
        self.faults = FaultCollector(DataError)
        self.n_faults = 0

    def add(self, fault: str) -> None:
        """Remember a fault, a complete sentence that says what, where and what to do."""
        self.n_faults += 1
        self.faults.add(fault)

    def read_distances(
        self, distance: Any, name: str = "distance", *, like_cells: Any = None, like_sites: Any = None
    ) -> Distances:
        """Read distances or costs from cells to sites.

        Parameters
        ----------
        distance : array_like, sparse matrix, or tuple
            A matrix of shape (n_cells, n_sites), infinite where there is no way; or a SciPy sparse
            matrix, in which an entry that is not stored has no way; or three arrays (cell, site,
            value); or two GeoDataFrames of points (cells, sites) in one projected CRS.
        name : str
            Of the argument, for messages.
        like_cells, like_sites : array_like, optional
            With three arrays, which cannot tell of cells and sites without any pair: values of
            all cells and of all sites.
        """
        n_faults = self.n_faults
        read = self._read_any(distance, name, _count(like_cells), _count(like_sites))
        if self.n_faults == n_faults and 0 in {read.n_cells, read.n_sites}:
            self.add(
                f"{name}: has {read.n_cells} cells and {read.n_sites} sites; expected at least one of each"
            )
        return read

    def _read_any(self, distance: Any, name: str, least_cells: int, least_sites: int) -> Distances:
        if isinstance(distance, tuple) and len(distance) == 2 and hasattr(distance[0], "crs"):
            return self._read_points(distance, name)
        if isinstance(distance, tuple) and len(distance) == 3 and np.ndim(distance[0]) == 1:
            return self._read_triplets(distance, name, least_cells, least_sites)
        if hasattr(distance, "tocoo"):
            entries = distance.tocoo()
            return self._check_pairs(entries.row, entries.col, entries.data, *distance.shape, name=name)
        matrix = self._to_floats(distance, name)
        if matrix.ndim != 2:
            self.add(f"{name}: has shape {matrix.shape}; expected (n_cells, n_sites)")
            return self._make_nothing()
        bad = np.flatnonzero(np.isnan(matrix).any(axis=1))
        if bad.size:
            self.add(f"{name}: rows {name_rows(bad)} hold NaN; use infinity where there is no way")
        bad = np.flatnonzero((matrix < 0).any(axis=1))
        if bad.size:
            self.add(f"{name}: rows {name_rows(bad)} hold negative numbers; expected numbers >= 0")
        empty = np.empty(0, dtype=np.int64)
        n_cells, n_sites = matrix.shape
        return Distances(n_cells, n_sites, matrix, empty, empty, np.empty(0))

    def read_values(self, values: Any, n_values: int, name: str, *, source: Any = None) -> Floats:
        """Read one number >= 0 for each cell or site.

        Parameters
        ----------
        values : array_like, float or str
            One number for all, or the name of a column of the GeoDataFrame `source`.
        n_values : int
            How many there must be.
        name : str
            Of the argument, for messages.
        source : object, optional
            GeoDataFrame that may hold the column.
        """
        if isinstance(values, str):
            if source is None or values not in getattr(source, "columns", ()):
                self.add(f"{name}: there is no column {values!r} in a GeoDataFrame of this call")
                return np.zeros(n_values)
            values = source[values]
        numbers = self._to_floats(values, name)
        if numbers.ndim == 0:
            numbers = np.full(n_values, float(numbers))
        if numbers.shape != (n_values,):
            self.add(f"{name}: has shape {numbers.shape}; expected ({n_values},)")
            return np.zeros(n_values)
        bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
        if bad.size:
            self.add(f"{name}: rows {name_rows(bad)} are negative or not finite; expected numbers >= 0")
            return np.zeros(n_values)
        return numbers

    def read_count(self, p: Any, n_sites: int, *, least: int = 1) -> int:
        """Read the number of sites to open."""
        try:
            count = int(p)
            is_whole = count == p
        except (TypeError, ValueError, OverflowError):
            count, is_whole = least, False
        if not is_whole or count < least:
            self.add(f"p: got {p}; expected a whole number >= {least}")
        elif count > n_sites:
            self.add(f"p: got {count}, but there are {n_sites} sites; expected at most as many")
        return count

    def read_limit(self, value: Any, name: str) -> float:
        """Read a finite number >= 0."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not (math.isfinite(number) and number >= 0):
            self.add(f"{name}: got {value}; expected a number >= 0")
        return number

    def raise_if_any(self) -> None:
        """Raise all faults in one `DataError`."""
        self.faults.raise_if_any()

    def _read_triplets(
        self, triplets: tuple[Any, Any, Any], name: str, least_cells: int, least_sites: int
    ) -> Distances:
        cell, site, value = (self._to_floats(part, name) for part in triplets)
        if not (cell.shape == site.shape == value.shape):
            self.add(
                f"{name}: cell, site and value have shapes {cell.shape}, {site.shape} and {value.shape}; "
                "expected three arrays of one length"
            )
            return self._make_nothing()
        positions = np.concatenate([cell, site])
        if not (np.isfinite(positions).all() and np.all(positions == np.rint(positions))):
            self.add(f"{name}: cell and site must be whole numbers, row positions from 0")
            return self._make_nothing()
        n_cells, n_sites = (int(part.max()) + 1 if len(part) else 0 for part in (cell, site))
        n_cells, n_sites = max(n_cells, least_cells), max(n_sites, least_sites)
        return self._check_pairs(cell, site, value, n_cells, n_sites, name=name)

    def _check_pairs(
        self, cell: Any, site: Any, value: Any, n_cells: int, n_sites: int, *, name: str
    ) -> Distances:
        cell, site = np.asarray(cell, dtype=np.int64), np.asarray(site, dtype=np.int64)
        value = np.asarray(value, dtype=np.float64)
        bad = np.flatnonzero(~(value >= 0))
        if bad.size:
            self.add(f"{name}: the pairs at {name_rows(bad)} are negative or NaN; expected numbers >= 0")
        bad = np.flatnonzero((cell < 0) | (site < 0))
        if bad.size:
            self.add(f"{name}: the pairs at {name_rows(bad)} name a negative row; rows count from 0")
            return self._make_nothing()
        order = np.lexsort((site, cell))
        repeated = np.flatnonzero((np.diff(cell[order]) == 0) & (np.diff(site[order]) == 0))
        if repeated.size:
            twice = order[repeated + 1]
            named = [f"({cell[at]}, {site[at]})" for at in twice]
            self.add(f"{name}: the pairs {name_rows(named)} are there more than once; keep one of each")
        way = np.isfinite(value)
        return Distances(n_cells, n_sites, None, cell[way], site[way], value[way])

    def _read_points(self, frames: tuple[Any, Any], name: str) -> Distances:
        """Read the points of two GeoDataFrames (or GeoSeries), the CRS first."""
        first, second = (getattr(frame, "crs", None) for frame in frames)
        for role, crs in (("cells", first), ("sites", second)):
            if crs is None:
                self.add(f"{name}: the {role} have no CRS; set the one their coordinates are in")
            elif not crs.is_projected:
                self.add(
                    f"{name}: the {role} are in {crs.to_string()}, which counts in degrees; distances need a "
                    "projected CRS: use to_crs() with the UTM zone of the place (EPSG:32643 for Islamabad)"
                )
        if first is not None and second is not None and first != second:
            self.add(
                f"{name}: the cells are in {first.to_string()} and the sites in {second.to_string()}; "
                "bring both to one CRS with to_crs()"
            )
        cell_xy, site_xy = (
            self._read_xy(frame, f"{name}: the {role}")
            for role, frame in zip(("cells", "sites"), frames, strict=True)
        )
        empty = np.empty(0, dtype=np.int64)
        return Distances(len(cell_xy), len(site_xy), None, empty, empty, np.empty(0), cell_xy, site_xy)

    def _read_xy(self, frame: Any, name: str) -> Floats:
        points = frame.geometry
        bad = np.flatnonzero((np.asarray(points.geom_type) != "Point") | np.asarray(points.is_empty))
        if bad.size:
            self.add(f"{name} at rows {name_rows(bad)} are no points; expected points")
            return np.zeros((len(frame), 2))
        xy = np.column_stack([points.x, points.y]).astype(np.float64).reshape(-1, 2)
        bad = np.flatnonzero(~np.isfinite(xy).all(axis=1))
        if bad.size:
            self.add(f"{name} at rows {name_rows(bad)} have coordinates that are not finite")
        return xy

    def _to_floats(self, values: Any, name: str) -> Floats:
        try:
            return np.asarray(values, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"{name}: cannot be read as numbers ({error})") from error

    def _make_nothing(self) -> Distances:
        empty = np.empty(0, dtype=np.int64)
        return Distances(0, 0, None, empty, empty, np.empty(0))


def _count(values: Any) -> int:
    return len(values) if np.ndim(values) == 1 else 0


def get_cells_frame(distance: Any) -> Any:
    """Return the GeoDataFrame of the cells when distances come from points, else None."""
    is_points = isinstance(distance, tuple) and len(distance) == 2 and hasattr(distance[0], "crs")
    return distance[0] if is_points else None


def get_sites_frame(distance: Any) -> Any:
    """Return the GeoDataFrame of the sites when distances come from points, else None."""
    return distance[1] if get_cells_frame(distance) is not None else None


def assign_nearest(distances: Distances, sites: Ints, radius: float = math.inf) -> Ints:
    """Find the nearest open site of each cell, the first of equals; -1 beyond the radius or without a way."""
    assigned = np.full(distances.n_cells, -1, dtype=np.int64)
    if len(sites) == 0 or distances.n_cells == 0:
        return assigned
    is_open = np.zeros(distances.n_sites, dtype=bool)
    is_open[sites] = True
    if distances.dense is None and distances.cell_xy is None:
        usable = np.flatnonzero(is_open[distances.site] & (distances.value <= radius))
        order = usable[np.lexsort((distances.site[usable], distances.value[usable], distances.cell[usable]))]
        cells, first = np.unique(distances.cell[order], return_index=True)
        assigned[cells] = distances.site[order[first]]
        return assigned
    for start, block in distances._list_blocks():
        to_open = block[:, sites]
        nearest = np.argmin(to_open, axis=1)
        shortest = to_open[np.arange(len(block)), nearest]
        served = (shortest <= radius) & np.isfinite(shortest)
        assigned[start : start + len(block)] = np.where(served, sites[nearest], -1)
    return assigned
