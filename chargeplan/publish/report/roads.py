"""The roads as lines in metres, for the drawings; and the road that a site stands at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from chargeplan.geo import to_metric
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from chargeplan.records import Ints, RoadNetwork

_LARGE = ("motorway", "trunk", "primary", "secondary", "tertiary")
_NEAR_M = 400.0


class RoadLines:
    """Lines of all road pieces in the metric CRS of the study, found by class and by place."""

    def __init__(self, network: RoadNetwork) -> None:
        x_m, y_m = to_metric(network.road_lonlat[:, 0], network.road_lonlat[:, 1], network.crs)
        piece = np.repeat(np.arange(len(network.roads)), np.diff(network.road_offsets))
        self._lines = shapely.linestrings(np.column_stack([x_m, y_m]), indices=piece)
        # Links (ramps) count with the road that they lead to.
        self._class = network.roads["road_class"].astype(str).str.removesuffix("_link").to_numpy(dtype=object)
        self._name = network.roads["name"].to_numpy(dtype=object)
        self._tree = shapely.STRtree(self._lines)
        self._named_tree: tuple[Ints, shapely.STRtree] | None = None

    def select(self, road_class: str) -> Any:
        """Select the lines of a class."""
        return self._lines[self._class == road_class]

    def cut(self, box: tuple[float, float, float, float]) -> dict[str, Any]:
        """Cut the lines in a window: those of the larger classes, by class, and ``small`` for the others."""
        found = np.sort(self._tree.query(shapely.box(*box)))
        cut = shapely.clip_by_rect(self._lines[found], *box)
        classes = np.array([name if name in _LARGE else "small" for name in self._class[found]], dtype=object)
        return {
            name: cut[classes == name] for name in ("small", *_LARGE[::-1]) if bool((classes == name).any())
        }

    def find_nearest_name(self, x_m: float, y_m: float) -> str:
        """Find the name of the nearest road that has one; empty when none is near."""
        if self._named_tree is None:
            named = np.flatnonzero(self._name != "")
            self._named_tree = (named, shapely.STRtree(self._lines[named]))
        named, tree = self._named_tree
        if len(named) == 0:
            return ""
        near = tree.query_nearest(shapely.Point(x_m, y_m), max_distance=_NEAR_M, all_matches=True)
        names = sorted(clean_text(self._name[named[pos]]) for pos in near)
        return next((name for name in names if name), "")
