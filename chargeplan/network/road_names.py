"""Roads in two scripts: which English name goes with which Urdu one, told by the ways that bear both."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from chargeplan.geo import find_utm_crs, is_in_pakistan, to_metric
from chargeplan.script_names import Names, find_names, is_urdu
from chargeplan.tables import URDU_NAMES, make_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from chargeplan.network.elements import RoadWays
    from chargeplan.network.node_locations import NodeLocations

Ints = NDArray[np.int64]
_Key = TypeVar("_Key", str, int)
NamePairs = Counter[tuple[str, str]]  # shown and Urdu name, and how many ways bear both
# Of carriageways that lie apart, and of pieces on both sides of a crossing.
NEAR_PIECE_M = 100.0
_KEYS = ("name", "name:en", "name:ur", "int_name")


def find_road_names(get_tag: Callable[[str], str | None]) -> Names:
    """Find the shown name of a road, English where there is one, and the Urdu one."""
    return _choose_names(*map(get_tag, _KEYS))


@lru_cache(maxsize=4096)
def _choose_names(*values: str | None) -> Names:
    """Choose once for all ways of the same tags; most ways are unnamed or pieces of a road."""
    tags = dict(zip(_KEYS, values, strict=True))
    names = find_names(tags.get)
    return Names(names.english or tags["name"] or names.urdu, names.urdu)


def count_pairs(names: Iterable[str], urdu_names: Iterable[str]) -> NamePairs:
    """Count the pairs of the shown names and the Urdu names of ways, where there is an Urdu one."""
    return Counter(pair for pair in zip(names, urdu_names, strict=True) if pair[1])


def share_english_names(roads: RoadWays, file_row: Ints, locations: NodeLocations) -> list[str]:
    """Give ways with an Urdu name alone the English one that others of the same road bear with it.

    Of the pieces of a road often only a few bear both. Ways of one Urdu name are of one road where they meet or come
    within `NEAR_PIECE_M`, through others of the name too; elsewhere, a ``گلی نمبر 5`` is another street. Of several
    English names of a road the most frequent counts, of equals the first.

    Parameters
    ----------
    roads : RoadWays
        As they stand in the file.
    file_row : ndarray of int64, shape (n,)
        The ways that count.
    locations : NodeLocations
        Of all their nodes.

    Returns
    -------
    list of str
        Shown names of those ways.
    """
    shown = [roads.name[row] for row in file_row.tolist()]
    urdu = [roads.name_ur[row] for row in file_row.tolist()]
    wanted = {name for name, other in zip(shown, urdu, strict=True) if name == other and name}
    wanted &= {other for name, other in zip(shown, urdu, strict=True) if other and not is_urdu(name)}
    ways = np.array([way for way, name in enumerate(urdu) if name in wanted], np.int64)
    road = _group_pieces([urdu[way] for way in ways.tolist()], roads, file_row[ways], locations)
    pairs = list(zip(ways.tolist(), road.tolist(), strict=True))
    english = _choose((road, shown[way], 1) for way, road in pairs if not is_urdu(shown[way]))
    for way, road in pairs:
        if shown[way] == urdu[way]:
            shown[way] = english.get(road, shown[way])
    return shown


def _group_pieces(names: list[str], roads: RoadWays, rows: Ints, locations: NodeLocations) -> Ints:
    """Find which ways of these rows are of one road, by their names and by where their nodes are.

    Returns
    -------
    ndarray of int64, shape (n_rows,)
        Number of the road of each.
    """
    if rows.size == 0:
        return rows
    name_code = np.unique(names, return_inverse=True)[1]
    offsets, refs = np.array(roads.offsets, np.int64), np.array(roads.node_refs, np.int64)
    nodes = [refs[start:end] for start, end in zip(offsets[rows], offsets[rows + 1], strict=True)]
    way = np.repeat(np.arange(rows.size), [len(some) for some in nodes])
    place = np.searchsorted(locations.node_id, np.concatenate(nodes))
    lon, lat = locations.lon[place], locations.lat[place]
    is_known = is_in_pakistan(lon, lat)
    way, lon, lat = way[is_known], lon[is_known], lat[is_known]
    if way.size == 0:
        return np.arange(rows.size)
    x_m, y_m = to_metric(lon, lat, find_utm_crs(float(np.median(lon))))
    # A third axis keeps different names apart, so that one search does for all.
    points = np.column_stack([x_m, y_m, 2.0 * NEAR_PIECE_M * name_code[way]])
    near = way[KDTree(points).query_pairs(NEAR_PIECE_M, output_type="ndarray")]
    links = sp.coo_array((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(rows.size, rows.size))
    return np.asarray(connected_components(links.tocsr(), directed=False)[1], np.int64)


def tabulate_urdu_names(pairs: NamePairs, shown_names: Iterable[str]) -> pd.DataFrame:
    """Tabulate the Urdu names of roads by their shown name, columns of `tables.URDU_NAMES`, sorted."""
    urdu_of: Mapping[str, str] = _choose(
        (shown, urdu, count) for (shown, urdu), count in pairs.items() if shown != urdu
    )
    kept = sorted(urdu_of.keys() & set(shown_names))
    return make_table(URDU_NAMES, {"name": kept, "name_ur": [urdu_of[name] for name in kept]})


def _choose(triples: Iterable[tuple[_Key, str, int]]) -> dict[_Key, str]:
    """Choose for each key the text that it goes with most often, of equals the first by name."""
    counts: Counter[tuple[_Key, str]] = Counter()
    for key, text, count in triples:
        counts[key, text] += count
    chosen: dict[_Key, str] = {}
    for (key, text), _ in sorted(counts.items(), key=lambda entry: (-entry[1], entry[0][1])):
        chosen.setdefault(key, text)
    return chosen
