"""The electricity grid as a tree of headroom, and which sites hang below which asset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from chargeplan.errors import RecordError
from chargeplan.records import Bools, Floats, Ints
from chargeplan.tables import GRID_ASSETS, check_table


@dataclass(frozen=True, slots=True, eq=False)
class GridAssets:
    """Feeders, transformers and substations, and the asset that each site hangs on.

    A site loads the asset it hangs on and every asset above that one. What an asset is, its
    place in the tree alone says.

    Parameters
    ----------
    title : str
        What the file calls itself; says SYNTHETIC when any figure of it is.
    table : pandas.DataFrame
        Columns of `tables.GRID_ASSETS`, sorted by asset_id.
    site_asset_pos : ndarray of int64, shape (n_sites,)
        Row of the asset that each site hangs on, -1 when nobody knows; sites as in `CandidateSites`.
    site_asset_m : ndarray of float64, shape (n_sites,)
        Straight-line distance to that asset or, where it is -1, to the nearest one; NaN when the asset
        has no position.
    is_linked : ndarray of bool, shape (n_sites,)
        True where the planner named the asset, false where it is the nearest.
    max_distance_m : float
        Beyond it the nearest asset is not taken for that of a site.
    unknown_headroom_pkr_kw : float
        Risk charged per kW of new load below an unknown headroom.
    """

    title: str
    table: pd.DataFrame
    site_asset_pos: Ints
    site_asset_m: Floats
    is_linked: Bools
    max_distance_m: float
    unknown_headroom_pkr_kw: float

    def __post_init__(self) -> None:
        check_table(self.table, GRID_ASSETS, "grid assets")
        n_sites = len(self.site_asset_pos)
        _require(self.n_assets >= 1, "there must be an asset")
        _require(len(self.site_asset_m) == n_sites == len(self.is_linked), "sites differ in number")
        ids = self.table["asset_id"]
        _require(bool(ids.is_unique and ids.is_monotonic_increasing), "asset ids must rise without repeats")
        for name, pos in (("parent_pos", self.parent_pos), ("site_asset_pos", self.site_asset_pos)):
            _require(bool(np.all((pos >= -1) & (pos < self.n_assets))), f"{name} must be a row or -1")
        _require(not find_cycles(self.parent_pos), "no asset may be above itself")
        _require(
            bool(np.all(np.isnan(self.headroom_kw) | (self.headroom_kw >= 0)))
            and not np.isinf(self.headroom_kw).any(),
            "headroom must be finite and not negative, or NaN",
        )
        steps = self.table[["step_kw", "step_pkr", "max_steps"]].to_numpy(dtype=np.float64)
        _require(bool(np.all(np.isfinite(steps) & (steps >= 0))), "steps must be finite and not negative")
        _require(bool(np.all((self.step_kw > 0) == (self.max_steps > 0))), "a step must add headroom")
        _require(
            np.isfinite(self.unknown_headroom_pkr_kw) and self.unknown_headroom_pkr_kw >= 0,
            "the risk of unknown headroom must be finite and not negative",
        )

    @property
    def n_assets(self) -> int:
        """Number of assets."""
        return len(self.table)

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.site_asset_pos)

    @property
    def parent_pos(self) -> Ints:
        """Row of the asset above, -1 for roots, shape (n_assets,)."""
        return np.asarray(self.table["parent_pos"], dtype=np.int64)

    @property
    def headroom_kw(self) -> Floats:
        """New load that each asset can take as it stands, NaN where unknown, shape (n_assets,)."""
        return np.asarray(self.table["headroom_kw"], dtype=np.float64)

    @property
    def step_kw(self) -> Floats:
        """Headroom that one upgrade adds, shape (n_assets,)."""
        return np.asarray(self.table["step_kw"], dtype=np.float64)

    @property
    def step_pkr(self) -> Floats:
        """Cost of one upgrade, shape (n_assets,)."""
        return np.asarray(self.table["step_pkr"], dtype=np.float64)

    @property
    def max_steps(self) -> Ints:
        """Largest number of upgrades, shape (n_assets,)."""
        return np.asarray(self.table["max_steps"], dtype=np.int64)

    @property
    def is_leaf(self) -> Bools:
        """Assets that feed no other asset, shape (n_assets,)."""
        return find_leaves(self.parent_pos)

    @property
    def is_synthetic(self) -> bool:
        """Whether any figure is made up; every output must then say so."""
        return bool(self.table["is_synthetic"].any())

    def list_sites_below(self) -> tuple[Ints, Ints]:
        """List the sites below each asset, those below its descendants among them.

        Returns
        -------
        start : ndarray of int64, shape (n_assets + 1,)
        site : ndarray of int64
            Sites below asset g are ``site[start[g]:start[g + 1]]``, rising.
        """
        assets, sites = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        parent_pos, at, site = self.parent_pos, self.site_asset_pos, np.arange(self.n_sites)
        while True:
            on_tree = at >= 0
            at, site = at[on_tree], site[on_tree]
            if at.size == 0:
                break
            assets.append(at)
            sites.append(site)
            at = parent_pos[at]
        asset, site = np.concatenate(assets), np.concatenate(sites)
        order = np.lexsort((site, asset))
        start = np.concatenate([[0], np.cumsum(np.bincount(asset, minlength=self.n_assets))])
        return start.astype(np.int64), site[order].astype(np.int64)

    def sum_below(self, site_kw: Floats) -> Floats:
        """Sum a figure of the sites below each asset, shape (n_assets,).

        Parameters
        ----------
        site_kw : ndarray, shape (n_sites,)
            Such as the new load of each station.
        """
        start, site = self.list_sites_below()
        asset = np.repeat(np.arange(self.n_assets), np.diff(start))
        return np.asarray(
            np.bincount(asset, weights=site_kw[site], minlength=self.n_assets), dtype=np.float64
        )

    @property
    def is_headroom_unknown(self) -> Bools:
        """Sites that hang on no known asset, or have an unknown headroom on their way up, shape (n_sites,)."""
        unknown, parent_pos = np.isnan(self.headroom_kw), self.parent_pos
        at = self.site_asset_pos.copy()
        found = at < 0
        while bool((at >= 0).any()):
            found |= (at >= 0) & unknown[at]
            at = np.where(at >= 0, parent_pos[at], -1)
        return found

    @property
    def site_risk_pkr_kw(self) -> Floats:
        """Risk charged per kW of new load at each site, once however many headrooms are unknown."""
        return np.where(self.is_headroom_unknown, self.unknown_headroom_pkr_kw, 0.0)


def find_leaves(parent_pos: Ints) -> Bools:
    """Find the assets that feed no other asset, shape (n_assets,)."""
    is_leaf = np.ones(len(parent_pos), dtype=np.bool_)
    is_leaf[parent_pos[parent_pos >= 0]] = False
    return is_leaf


def find_cycles(parent_pos: Ints) -> list[Ints]:
    """Find assets that are above themselves.

    Parameters
    ----------
    parent_pos : ndarray of int64, shape (n,)
        Row of the asset above, -1 for roots.

    Returns
    -------
    list of ndarray of int64
        One for each cycle: its rows upwards, from the smallest.

    Examples
    --------
    >>> [cycle.tolist() for cycle in find_cycles(np.array([-1, 3, 1, 2, 1]))]
    [[1, 3, 2]]
    """
    # Jumps of doubled length reach the place above all roots, or else end on a cycle.
    n_assets = len(parent_pos)
    up = np.append(np.where(parent_pos < 0, n_assets, parent_pos), n_assets)
    for _ in range(n_assets.bit_length()):
        up = up[up]
    waiting = set(np.unique(up[up < n_assets]).tolist())
    cycles = []
    while waiting:
        cycle = [min(waiting)]
        while (above := int(parent_pos[cycle[-1]])) != cycle[0]:
            cycle.append(above)
        waiting -= set(cycle)
        cycles.append(np.array(cycle, dtype=np.int64))
    return cycles


def _require(condition: bool, promise: str) -> None:
    if not condition:
        raise RecordError(promise)
