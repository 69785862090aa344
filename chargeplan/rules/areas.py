"""Areas that need stations: occupied squares with the sites in or near them, and sites of some kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.geo import to_metric
from chargeplan.rules.pack import RuleKind
from chargeplan.rules.rows import OUTLINE_POINTS
from chargeplan.rules.squares import Squares, find_occupied_squares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.records import Bools, CandidateSites, DemandCells, Floats, Ints
    from chargeplan.rules.pack import PolicyRule

# A required number of sites is rounded up; 10 % of 30 must stay 3.
_ROUNDING = 1e-9


class RuleAreas:
    """Areas of all rules, gathered one rule after the other, with what is to be said of them."""

    def __init__(self) -> None:
        self.rule: list[Ints] = []
        self.label: list[str] = []
        self.stations: list[Ints] = []
        self.sizes: list[Ints] = []
        self.site: list[Ints] = []
        self.outline: list[Floats] = []
        self.people: list[Floats] = []
        self.kwh_day: list[Floats] = []
        self.warnings: list[str] = []

    def add_squares(
        self, rule_pos: int, squares: Squares, labels: list[str], stations: int, member: Ints, crs: str
    ) -> None:
        """Add the squares of a rule; `member` has rows (square, site)."""
        n = len(squares)
        order = np.lexsort((member[:, 1], member[:, 0]))
        self.rule.append(np.full(n, rule_pos))
        self.label += labels
        self.stations.append(np.full(n, stations))
        self.sizes.append(np.bincount(member[:, 0], minlength=n))
        self.site.append(member[order, 1])
        self.outline.append(squares.outline_lonlat(crs))
        self.people.append(squares.people)
        self.kwh_day.append(squares.kwh_day)

    def add_kinds(self, rule_pos: int, label: str, stations: int, site: Ints) -> None:
        """Add one area that holds the sites of some kinds."""
        self.rule.append(np.array([rule_pos]))
        self.label.append(label)
        self.stations.append(np.array([stations]))
        self.sizes.append(np.array([len(site)]))
        self.site.append(site)
        self.outline.append(np.full((1, OUTLINE_POINTS, 2), np.nan))
        self.people.append(np.array([np.nan]))
        self.kwh_day.append(np.array([np.nan]))

    def join(self) -> dict[str, Any]:
        """Join the parts into the arrays of `RuleRows`."""
        none = np.zeros(0)
        sizes = np.concatenate([none, *self.sizes]).astype(np.int64)
        return {
            "area_rule": np.concatenate([none, *self.rule]).astype(np.int64),
            "area_label": np.array(self.label, dtype=np.str_),
            "area_stations": np.concatenate([none, *self.stations]).astype(np.int64),
            "area_start": np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            "area_site": np.concatenate([none, *self.site]).astype(np.int64),
            "area_outline_lonlat": np.concatenate([np.zeros((0, OUTLINE_POINTS, 2)), *self.outline]),
            "area_people": np.concatenate([none, *self.people]),
            "area_kwh_day": np.concatenate([none, *self.kwh_day]),
        }


def build_areas(
    rules: Sequence[PolicyRule], cells: DemandCells, sites: CandidateSites, crs: str, usable: Bools
) -> RuleAreas:
    """Build the areas of all rules that ask for stations at places.

    Parameters
    ----------
    rules : sequence of PolicyRule
    cells : DemandCells
    sites : CandidateSites
    crs : str
        Metric CRS of the study.
    usable : ndarray of bool, shape (n_sites,)
        Stations that stand and sites that may open; others are in no area.
    """
    areas = RuleAreas()
    cell_xy_m = np.stack(to_metric(cells.lonlat[:, 0], cells.lonlat[:, 1], crs), axis=1)
    lon, lat = (sites.table[name].to_numpy(np.float64) for name in ("lon", "lat"))
    site_xy_m = np.stack(to_metric(lon, lat, crs), axis=1).reshape(-1, 2)
    for rule_pos, rule in enumerate(rules):
        if rule.kind in {RuleKind.CELL_COVER, RuleKind.DISTANCE_COVER}:
            squares = _find_squares(rule, cells, cell_xy_m)
            member = (
                _match_inside(squares, site_xy_m)
                if rule.kind is RuleKind.CELL_COVER
                else _match_within(squares, site_xy_m, rule.get("distance"))
            )
            labels = _label_squares(squares, cells)
            stations = int(rule.get("stations", 1.0))
            areas.add_squares(rule_pos, squares, labels, stations, member[usable[member[:, 1]]], crs)
            areas.warnings += _warn_of_squares(rule, squares, cell_xy_m)
        elif rule.kind is RuleKind.SHARE_OF_SITES:
            is_meant = sites.table["kind"].isin(rule.site_kinds).to_numpy(dtype=bool)
            stations = int(np.ceil(rule.get("share") * is_meant.sum() - _ROUNDING))
            label = f"{int(is_meant.sum())} sites of kind {', '.join(rule.site_kinds)}"
            areas.add_kinds(rule_pos, label, stations, np.flatnonzero(is_meant & usable))
    return areas


def _find_squares(rule: PolicyRule, cells: DemandCells, cell_xy_m: Floats) -> Squares:
    occupied_from, by_energy = rule.compute_occupied_from(rule.square_km2)
    return find_occupied_squares(
        cell_xy_m,
        cells.people,
        cells.total_kwh_day,
        cells.zone_pos,
        side_m=rule.get("side"),
        occupied_from=occupied_from,
        by_energy=by_energy,
    )


def _match_inside(squares: Squares, site_xy_m: Floats) -> Ints:
    """Match squares with the sites inside, rows of (square, site)."""
    square = squares.find(site_xy_m)
    site = np.flatnonzero(square >= 0)
    return np.stack([square[site], site], axis=1)


def _match_within(squares: Squares, site_xy_m: Floats, distance_m: float) -> Ints:
    """Match squares with the sites within a distance of the middle of their people."""
    from scipy.spatial import cKDTree

    if len(squares) == 0 or len(site_xy_m) == 0:
        return np.zeros((0, 2), dtype=np.int64)
    near = cKDTree(squares.middle_xy_m).sparse_distance_matrix(
        cKDTree(site_xy_m), distance_m, output_type="ndarray"
    )
    return np.stack([near["i"], near["j"]], axis=1).astype(np.int64)


def _label_squares(squares: Squares, cells: DemandCells) -> list[str]:
    names = cells.zones["zone_name"].to_numpy()[squares.zone_pos]
    return [
        f"{name}, square {column}-{row}"
        for name, column, row in zip(names, squares.column, squares.row, strict=True)
    ]


def _warn_of_squares(rule: PolicyRule, squares: Squares, cell_xy_m: Floats) -> list[str]:
    """Warn of a grid without a square, or so fine that the demand cells are coarse beside it."""
    from scipy.spatial import cKDTree

    if len(squares) == 0:
        figure = rule.figures["occupied_from"]
        return [
            f"{rule.rule_id}: no square reaches {figure.value:g} {figure.unit}, so that the rule asks nothing"
        ]
    if len(cell_xy_m) < 2:
        return []
    spacing_m = float(np.median(cKDTree(cell_xy_m).query(cell_xy_m, k=2)[0][:, 1]))
    if 2 * spacing_m <= squares.side_m:
        return []
    return [
        f"{rule.rule_id}: squares of {squares.side_m:.0f} m are fine beside demand cells about {spacing_m:.0f} m "
        f"apart, which count where their centres lie; raise demand.cell_resolution"
    ]
