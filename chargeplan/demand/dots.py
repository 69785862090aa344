"""Dots laid evenly over the squares or hexagons of a people grid, to count areas with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chargeplan.demand.cells import CellCover
    from chargeplan.demand.people_grid import PeopleGrid
    from chargeplan.records import Floats, Ints

# Three dots along the edge of a cell (some 27 in a cell) tell the part of a square in it to about a
# tenth of the cell; the rest of the weight, the length of road, is not known better.
_DOTS_PER_EDGE = 3
_MOST_DOTS_PER_SIDE = 500
# A hexagon has 7 children of the next resolution; two finer than the cells are 49 dots in a cell.
_FINER_RESOLUTIONS = 2
_MOST_GENERATIONS = 6
_CHILDREN_PER_HEXAGON = 7


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """Where the dots of each square lie; each stands for the same part of it.

    Parameters
    ----------
    grid : PeopleGrid
    n_per_square : int
    x, y : ndarray of float64, shape (n_per_square,)
        Offsets from the centre of a square in units of the grid's CRS; without use for hexagons.
    generations : int
        How many resolutions finer the children of a hexagon are.
    """

    grid: PeopleGrid
    n_per_square: int
    x: Floats
    y: Floats
    generations: int = 0

    def locate(self, squares: Ints) -> tuple[Floats, Floats]:
        """Longitudes and latitudes (EPSG:4326) of the dots of some squares, square by square."""
        if self.grid.hexagon is not None:
            return self._locate_children(self.grid.hexagon[squares])
        x = (self.grid.x[squares, None] + self.x).ravel()
        y = (self.grid.y[squares, None] + self.y).ravel()
        return self.grid.locate(x, y)

    def _locate_children(self, hexagons: NDArray[np.uint64]) -> tuple[Floats, Floats]:
        """Centres of the children: they divide their parents without gap or overlap."""
        import h3.api.numpy_int as h3_int

        latlon = [
            h3_int.cell_to_latlng(child)
            for hexagon in hexagons
            for child in h3_int.cell_to_children(hexagon, h3_int.get_resolution(hexagon) + self.generations)
        ]
        lat, lon = np.array(latlon, dtype=np.float64).reshape(-1, 2).T
        return lon.copy(), lat.copy()


def lay_dots(grid: PeopleGrid, cover: CellCover) -> Dots:
    """Lay dots so close that a cell holds some thirty of them."""
    none = np.zeros(0)
    if grid.hexagon is not None:
        import h3.api.numpy_int as h3_int

        finer = cover.resolution + _FINER_RESOLUTIONS - h3_int.get_resolution(grid.hexagon[0])
        generations = int(np.clip(finer, 0, _MOST_GENERATIONS))
        return Dots(grid, _CHILDREN_PER_HEXAGON**generations, none, none, generations)
    spacing_m = cover.edge_m / _DOTS_PER_EDGE
    offsets = []
    for side_m, half in zip(grid.measure_sides_m(cover.crs), (grid.half_x, grid.half_y), strict=True):
        n_dots = int(np.clip(np.ceil(side_m / spacing_m), 1, _MOST_DOTS_PER_SIDE))
        offsets.append(((np.arange(n_dots) + 0.5) / n_dots * 2 - 1) * half)
    dots_x, dots_y = np.meshgrid(offsets[0], offsets[1])
    return Dots(grid, dots_x.size, dots_x.ravel(), dots_y.ravel())
