"""Outlines of H3 cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.publish.encode import COORDINATE_SCALE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chargeplan.records import Floats


def find_outlines(cell_id: NDArray[np.str_]) -> list[Floats]:
    """Find the corners of each cell, counter-clockwise, not closed, five decimals, lon and lat.

    Rounding before use gives neighbours the very same corners.
    """
    import h3

    return [
        np.rint(np.array(h3.cell_to_boundary(str(cell)))[:, ::-1] * COORDINATE_SCALE) / COORDINATE_SCALE
        for cell in cell_id
    ]


def build_hexagons(cell_id: NDArray[np.str_]) -> NDArray[np.object_]:
    """Build the polygon of each cell, EPSG:4326."""
    return np.array([shapely.Polygon(outline) for outline in find_outlines(cell_id)], dtype=object)
