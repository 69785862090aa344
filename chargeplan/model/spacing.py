"""SPACING: new stations keep their distance, as cliques of sites of which at most one opens.

Two sites conflict when they lie closer than the spacing, in straight-line metres of the study's
metric CRS. One row for each pair would be weak (half of every site at once keeps all of them) and
many; a row for each clique of the conflict graph is stronger, and a small set of cliques that holds
every conflicting pair says the same about whole stations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from chargeplan.errors import RecordError, name_rows
from chargeplan.geo import to_metric
from chargeplan.model.cliques import cover_with_cliques
from chargeplan.text import show_name
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from chargeplan.records import Bools, CandidateSites, Floats, Ints

_LARGEST_DEGREES = 180.0


@dataclass(frozen=True, slots=True, eq=False)
class SpacingCliques:
    """What the spacing asks of the sites.

    Parameters
    ----------
    spacing_m : float
        Straight-line metres; sites exactly this far apart are far enough.
    start : ndarray of int64, shape (n_cliques + 1,)
        At most one of ``site[start[c]:start[c + 1]]`` opens.
    site : ndarray of int64
        Sites of each clique, rising; two or more in each, all of them free to open or not.
    blocker : ndarray of int64, shape (n_sites,)
        For a candidate that cannot open: the nearest standing or required site that is too near;
        else -1.
    blocker_m : ndarray, shape (n_sites,)
        How far that is, inf where nothing blocks.
    clash : ndarray of int64, shape (n_clashes, 2)
        Required sites too near to another required site, or to one that stands (the second): no plan
        keeps the spacing.
    clash_m : ndarray, shape (n_clashes,)
    n_pairs : int
        Conflicting pairs that the cliques hold.
    """

    spacing_m: float
    start: Ints
    site: Ints
    blocker: Ints
    blocker_m: Floats
    clash: Ints
    clash_m: Floats
    n_pairs: int

    @property
    def n_cliques(self) -> int:
        """Number of cliques."""
        return len(self.start) - 1

    @property
    def is_blocked(self) -> Bools:
        """Candidates that cannot open, shape (n_sites,)."""
        return np.asarray(self.blocker >= 0)


def build_site_spacing(sites: CandidateSites, spacing_m: float, *, crs: str) -> SpacingCliques:
    """Build the cliques of a study's sites.

    Existing and required sites hold their surroundings free; competitors do not.

    Parameters
    ----------
    sites : CandidateSites
    spacing_m : float
        Straight-line metres, 0 for none.
    crs : str
        Metric CRS of the study.
    """
    lon, lat = (sites.table[name].to_numpy(dtype=np.float64) for name in ("lon", "lat"))
    return build_spacing(
        np.column_stack(to_metric(lon, lat, crs)),
        spacing_m,
        is_free=sites.has_status(SiteStatus.CANDIDATE),
        is_standing=sites.has_status(SiteStatus.EXISTING),
        is_required=sites.has_status(SiteStatus.REQUIRED),
    )


def build_spacing(
    xy_m: Floats, spacing_m: float, *, is_free: Bools, is_standing: Bools, is_required: Bools
) -> SpacingCliques:
    """Build the cliques of sites that may open, and name what the others forbid.

    Parameters
    ----------
    xy_m : ndarray, shape (n_sites, 2)
        Coordinates in a metric CRS.
    spacing_m : float
    is_free, is_standing, is_required : ndarray of bool, shape (n_sites,)
        Sites that may open, stand already, must open; those of none of the three play no part.

    Raises
    ------
    RecordError
        When a coordinate or the spacing is no finite number, or the coordinates are degrees.
    """
    _require_metres(xy_m, spacing_m)
    left, right, distance_m = _find_close_pairs(xy_m, spacing_m)
    fixed = is_standing | is_required
    blocker, blocker_m = _find_blockers(left, right, distance_m, is_free, fixed)
    is_clash = fixed[left] & fixed[right] & ~(is_standing[left] & is_standing[right])
    clash = np.column_stack([left, right])[is_clash]
    turned = is_standing[clash[:, 0]]  # name the required site first
    clash[turned] = clash[turned, ::-1]
    may_open = is_free & (blocker < 0)
    inside = may_open[left] & may_open[right]
    start, site = cover_with_cliques(left[inside], right[inside], len(xy_m))
    return SpacingCliques(
        spacing_m, start, site, blocker, blocker_m, clash, distance_m[is_clash], int(inside.sum())
    )


def describe_clashes(spacing: SpacingCliques, sites: CandidateSites, *, key: str) -> list[str]:
    """Say which required sites make the spacing impossible; nothing when none do.

    Parameters
    ----------
    spacing : SpacingCliques
    sites : CandidateSites
    key : str
        Config key of the spacing.
    """
    if not len(spacing.clash):
        return []
    names = [
        f"{_name_site(sites, int(site))} and {_name_site(sites, int(other))} ({metres:.0f} m)"
        for (site, other), metres in zip(spacing.clash, spacing.clash_m, strict=True)
    ]
    count = f"{len(names)} pairs of sites" if len(names) > 1 else "2 sites"
    nearest_m = float(np.floor(spacing.clash_m.min()))
    return [
        f"{key} is {spacing.spacing_m:g} m, but {count} that must be open are closer: {name_rows(names)}; "
        f"lower {key} to {nearest_m:.0f}, or make one required site of each pair a candidate"
    ]


def _name_site(sites: CandidateSites, site_pos: int) -> str:
    row = sites.table.iloc[site_pos]
    name = show_name(row, "")
    return f"the {row['status']} site {row['site_id']}" + (f" ({name})" if name else "")


def _require_metres(xy_m: Floats, spacing_m: float) -> None:
    if not np.isfinite(xy_m).all() or not np.isfinite(spacing_m) or spacing_m < 0:
        raise RecordError("spacing needs finite coordinates and a spacing of 0 m or more")
    if len(xy_m) and spacing_m and float(np.abs(xy_m).max()) <= _LARGEST_DEGREES:
        raise RecordError("these coordinates are degrees; spacing needs metres of a metric CRS")


def _find_close_pairs(xy_m: Floats, spacing_m: float) -> tuple[Ints, Ints, Floats]:
    """Find all pairs closer than the spacing, sorted, the smaller row first."""
    if spacing_m == 0 or len(xy_m) < 2:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    pairs = cKDTree(xy_m).query_pairs(spacing_m, output_type="ndarray").astype(np.int64)
    pairs.sort(axis=1)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    distance_m = np.hypot(*(xy_m[pairs[:, 0]] - xy_m[pairs[:, 1]]).T)
    close = distance_m < spacing_m
    return pairs[close, 0], pairs[close, 1], distance_m[close]


def _find_blockers(
    left: Ints, right: Ints, distance_m: Floats, is_free: Bools, fixed: Bools
) -> tuple[Ints, Floats]:
    """Find the nearest fixed site that is too near to each candidate; the first one where equal."""
    blocker = np.full(len(is_free), -1, dtype=np.int64)
    blocker_m = np.full(len(is_free), np.inf)
    site, other = np.concatenate([left, right]), np.concatenate([right, left])
    metres = np.tile(distance_m, 2)
    bound = is_free[site] & ~fixed[site] & fixed[other]
    site, other, metres = site[bound], other[bound], metres[bound]
    order = np.lexsort((other, metres, site))
    first = order[np.concatenate([[True], np.diff(site[order]) > 0])] if len(order) else order
    blocker[site[first]], blocker_m[site[first]] = other[first], metres[first]
    return blocker, blocker_m
