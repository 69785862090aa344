"""People from a CSV of H3 cells, such as the sets of Kontur."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.people_grid import PeopleGrid
from chargeplan.errors import DataError, FaultCollector
from chargeplan.geo import to_metric
from chargeplan.rows import count_things

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chargeplan.records import Floats
    from chargeplan.rows import Rows


def make_grid_of_hexagons(
    texts: Sequence[str], people: Floats, lines: Rows, *, metric_crs: str, where: str, origin: str
) -> PeopleGrid:
    """Make a grid of H3 cells written as text.

    Parameters
    ----------
    texts : sequence of str
        Ids such as "883f9d4605fffff".
    people : ndarray of float64
    lines : Rows
    metric_crs : str
    where : str
        Key, file and column, for messages.
    origin : str

    Raises
    ------
    DataError
        When a text is no H3 cell, a cell is there twice, or the cells have several resolutions.
    """
    import h3.api.numpy_int as h3_int

    faults = FaultCollector(DataError)
    keys = np.array([_read_key(text) for text in texts], dtype=np.uint64)
    wrong = np.flatnonzero(keys == 0)
    if wrong.size:
        faults.add(
            f'{where}: no H3 cell in {lines.name(wrong)} (the first is "{texts[wrong[0]]}"); expected 15 or 16 '
            f"letters and digits such as 883f9d4605fffff"
        )
    faults.raise_if_any()
    resolutions = np.array([h3_int.get_resolution(key) for key in keys])
    if (resolutions != resolutions[0]).any():
        words = ", ".join(str(value) for value in np.unique(resolutions))
        faults.add(
            f"{where}: cells of the resolutions {words} are mixed; use one resolution, or people count twice"
        )
    _, first, count = np.unique(keys, return_index=True, return_counts=True)
    repeated = np.sort(first[count > 1])
    if repeated.size:
        faults.add(
            f"{where}: more than one row for {count_things(repeated.size, 'cell')} (the first in "
            f"{lines.name(repeated)}); people would be counted twice; remove the repeats"
        )
    faults.raise_if_any()
    resolution = int(resolutions[0])
    x_m, y_m = to_metric(*_find_centres(keys), metric_crs)
    edge_m = float(h3_int.average_hexagon_edge_length(resolution, unit="m"))
    told = f"H3 cells of resolution {resolution}, corner to corner"
    return PeopleGrid(x_m, y_m, people, edge_m, edge_m, metric_crs, origin, told, hexagon=keys)


def _find_centres(keys: NDArray[np.uint64]) -> tuple[Floats, Floats]:
    from chargeplan.demand.cells import find_centres

    lonlat = find_centres(keys)
    return lonlat[:, 0], lonlat[:, 1]


def _read_key(text: str) -> int:
    """Read the number of a cell, 0 when the text is none."""
    import h3

    word = text.strip().lower()
    return int(h3.str_to_int(word)) if h3.is_valid_cell(word) else 0
