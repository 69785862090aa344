"""Nodes near an area, which is all that a selection keeps of a block of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from chargeplan.download.pbf_arrays import NANODEGREES_PER_DEGREE, Nodes, Relations, Ways

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chargeplan.download.selection import Box, Ids


@dataclass(frozen=True, slots=True)
class NarrowNodes:
    """What a cut needs of some nodes: all ids, those in the box of the area, and their box."""

    id: Ids
    near: Nodes
    box: tuple[int, int, int, int]


Part = NarrowNodes | Ways | Relations


def narrow_elements(elements: list[Nodes | Ways | Relations], bounds: Box) -> list[Part]:
    """Keep of the nodes what is needed, in the thread that decoded them."""
    return [_find_near(part, bounds) if isinstance(part, Nodes) else part for part in elements]


def _find_near(nodes: Nodes, bounds: Box) -> NarrowNodes:
    west, south, east, north = (bound * NANODEGREES_PER_DEGREE for bound in bounds)
    is_near = (nodes.lon >= west) & (nodes.lon <= east) & (nodes.lat >= south) & (nodes.lat <= north)
    near = Nodes(nodes.id[is_near], nodes.lon[is_near], nodes.lat[is_near])
    box = (int(nodes.lon.min()), int(nodes.lat.min()), int(nodes.lon.max()), int(nodes.lat.max()))
    return NarrowNodes(nodes.id, near, box)


def find_inside(nodes: Nodes, area: shapely.Geometry) -> Ids:
    """Find the ids of the nodes that lie in an area."""
    lon, lat = nodes.lon / NANODEGREES_PER_DEGREE, nodes.lat / NANODEGREES_PER_DEGREE
    is_inside: NDArray[np.bool_] = shapely.intersects_xy(area, lon, lat)
    return nodes.id[is_inside]
