"""Distances between cells and sites, as a matrix, as triplets or from points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chargeplan.records import Floats, Ints

_ENTRIES_PER_BLOCK = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Distances:
    """Distances from cells to sites, in the form they came in.

    Parameters
    ----------
    n_cells, n_sites : int
    dense : ndarray, shape (n_cells, n_sites), or None
        Infinite where there is no way.
    cell, site : ndarray of int64, shape (k,)
    value : ndarray, shape (k,)
        Distance of each pair; a pair that is not listed has no way. Empty when not used.
    cell_xy, site_xy : ndarray, shape (n_cells, 2) and (n_sites, 2), or None
        Points, whose straight-line distances are computed when they are asked for.
    """

    n_cells: int
    n_sites: int
    dense: Floats | None
    cell: Ints
    site: Ints
    value: Floats
    cell_xy: Floats | None = None
    site_xy: Floats | None = None

    def find_within(self, radius: float) -> tuple[Ints, Ints, Floats]:
        """Find the pairs within a radius (inclusive): cell, site, distance, by cell and site."""
        if self.dense is None and self.cell_xy is None:
            kept = np.flatnonzero(self.value <= radius)
            kept = kept[np.lexsort((self.site[kept], self.cell[kept]))]
            return self.cell[kept], self.site[kept], self.value[kept]
        cells, sites, values = [], [], []
        for start, block in self._list_blocks():
            cell, site = np.nonzero(block <= radius)
            cells.append(cell + start)
            sites.append(site)
            values.append(block[cell, site])
        return np.concatenate(cells), np.concatenate(sites), np.concatenate(values)

    def fill(self) -> Floats:
        """Return the whole matrix, infinite where there is no way, shape (n_cells, n_sites)."""
        if self.dense is not None:
            return self.dense
        if self.cell_xy is not None:
            return np.concatenate([block for _, block in self._list_blocks()])
        matrix = np.full((self.n_cells, self.n_sites), np.inf)
        matrix[self.cell, self.site] = self.value
        return matrix

    def _list_blocks(self) -> Iterator[tuple[int, Floats]]:
        """Give the matrix some cells at a time."""
        step = max(1, _ENTRIES_PER_BLOCK // max(1, self.n_sites))
        for start in range(0, max(self.n_cells, 1), step):
            if self.dense is not None:
                yield start, self.dense[start : start + step]
            elif self.cell_xy is not None and self.site_xy is not None:
                offset = self.cell_xy[start : start + step, None, :] - self.site_xy[None, :, :]
                yield start, np.hypot(offset[..., 0], offset[..., 1])
