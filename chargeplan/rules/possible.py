"""Rules that no plan can keep, found by counting before any search."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import name_rows
from chargeplan.rows import count_things
from chargeplan.rules.figures_to_set import name_total_figure

if TYPE_CHECKING:
    from chargeplan.records import Bools, CandidateSites, Floats, Ints
    from chargeplan.rules.rows import RuleRows

_TOLERANCE = 1e-9
_OR_REPORT = "or move the pack to model.reported_rules"


def mark_impossible_areas(rows: RuleRows) -> Bools:
    """Mark areas with fewer sites than they need stations, shape (n_areas,)."""
    return np.diff(rows.area_start) < rows.area_stations


def describe_impossible(
    rows: RuleRows,
    sites: CandidateSites,
    *,
    most_chargers: Floats | Ints,
    most_kw: Floats,
    largest_charger_kw: float = np.inf,
) -> list[str]:
    """Say which rules that a plan must keep cannot be kept, with the figures and what to do.

    Parameters
    ----------
    rows : RuleRows
    sites : CandidateSites
    most_chargers, most_kw : ndarray, shape (n_sites,)
        Chargers and power that each site can hold at most; those of standing stations are known.
    largest_charger_kw : float
        Power of the strongest type of charger.

    Returns
    -------
    list of str
        One sentence per rule; none when counting finds nothing impossible, which is no proof that
        all rules together can be kept.
    """
    told = []
    for rule_pos, rule_id in enumerate(rows.rules["rule_id"]):
        if not rows.must[rule_pos].any():
            continue
        key = f"model.rules: {rule_id}"
        told += [
            f"{key}: {text}"
            for text in (
                *_tell_areas(rows, rule_pos),
                *_tell_totals(rows, rule_pos, most_chargers, most_kw),
                *_tell_stations(rows, sites, rule_pos, most_kw, largest_charger_kw),
                *_tell_bays(rows, sites, rule_pos, most_chargers),
            )
        ]
    return told


def _tell_areas(rows: RuleRows, rule_pos: int) -> list[str]:
    at = np.flatnonzero(mark_impossible_areas(rows) & (rows.area_rule == rule_pos))
    if not len(at):
        return []
    n_sites = np.diff(rows.area_start)[at]
    if np.isnan(rows.area_people[at]).all():
        return [
            f"{rows.area_stations[at[0]]} of {rows.area_label[at[0]]} must have a station, but only {n_sites[0]} "
            f"of them can hold one; give more of them bays, {_OR_REPORT}"
        ]
    total = int((rows.area_rule == rule_pos).sum())
    first = at[np.argsort(-rows.area_people[at], kind="stable")]
    places = [f"{rows.area_label[a]} ({rows.area_people[a]:,.0f} people)" for a in first]
    lack = "no site" if (n_sites == 0).all() else "too few sites"
    return [
        f"{len(at)} of {count_things(total, 'occupied square')} {'has' if len(at) == 1 else 'have'} {lack} that can "
        f"hold a station: {name_rows(places)}; add a candidate in each (sites.kinds, sites.files), raise "
        f"occupied_from in a pack of your own above the {np.ceil(rows.area_people[first[0]]):,.0f} people, or "
        f"{rows.area_kwh_day[at].max():,.4g} kWh/day, that these squares have at most, {_OR_REPORT}"
    ]


def _tell_totals(rows: RuleRows, rule_pos: int, most_chargers: Floats | Ints, most_kw: Floats) -> list[str]:
    told = []
    for number in np.flatnonzero(rows.total_rule == rule_pos).tolist():
        is_power = bool(rows.total_is_power[number])
        most, standing = (most_kw, rows.standing_kw) if is_power else (most_chargers, rows.standing_chargers)
        possible = float(np.where(rows.site_may_open, most, 0.0).sum() + standing.sum())
        required = np.where(rows.must[rule_pos], rows.total_required[number], 0.0)
        period = int(required.argmax())
        if possible < required[period] * (1 - _TOLERANCE):
            unit = "kW of charging power" if is_power else "charging points"
            vehicles = float(rows.total_vehicles[number, period])
            figure = name_total_figure(vehicles, possible, is_power=is_power) or "leave this rule out"
            told.append(
                f"{required[period]:,.10g} {unit} are needed in {rows.years[period]} for "
                f"{vehicles:,.0f} electric vehicles, but all sites together hold "
                f"{possible:,.10g}; add sites or bays, {figure} in a pack of your own, {_OR_REPORT}"
            )
    return told


def _tell_stations(
    rows: RuleRows, sites: CandidateSites, rule_pos: int, most_kw: Floats, largest_charger_kw: float
) -> list[str]:
    told = []
    for number in np.flatnonzero(rows.station_rule == rule_pos).tolist():
        least_kw, charger_kw = float(rows.station_kw[number]), float(rows.station_charger_kw[number])
        if rows.station_chargers[number] > 0 and largest_charger_kw < charger_kw:
            told.append(
                f"a station needs {count_things(int(rows.station_chargers[number]), 'charger')} of {charger_kw:g} kW, "
                f"but the strongest "
                f"charger has {largest_charger_kw:g} kW; choose a stronger one, {_OR_REPORT}"
            )
        stuck = _find_required(sites) & (most_kw < least_kw * (1 - _TOLERANCE))
        if stuck.any():
            told.append(
                f"a station needs {least_kw:g} kW, but required sites cannot hold so much: "
                f"{_name(sites, stuck)}; give them bays or larger levels, make them candidates, {_OR_REPORT}"
            )
        elif (
            rows.site_may_open.any()
            and not (most_kw[rows.site_may_open] >= least_kw * (1 - _TOLERANCE)).any()
        ):
            told.append(
                f"a station needs {least_kw:g} kW, but the largest that a site can hold has "
                f"{most_kw[rows.site_may_open].max():g} kW, so that none can open; allow larger levels or "
                f"stronger chargers, {_OR_REPORT}"
            )
    return told


def _tell_bays(
    rows: RuleRows, sites: CandidateSites, rule_pos: int, most_chargers: Floats | Ints
) -> list[str]:
    least, most = compute_charger_limits(rows, only_rule=rule_pos)
    stuck = _find_required(sites) & ((least > most_chargers) | (most < 1))
    if not stuck.any():
        return []
    return [
        f"required sites do not have the bays or the chargers that it asks for: {_name(sites, stuck)}; give them "
        f"more (sites.files, max_chargers), make them candidates, {_OR_REPORT}"
    ]


def compute_charger_limits(
    rows: RuleRows, *, period: int | None = None, only_rule: int | None = None
) -> tuple[Ints, Floats]:
    """Compute the least and the most chargers of a new station at each site.

    Parameters
    ----------
    rows : RuleRows
    period : int or None
        Only rules that must be kept in this period; None for all rules.
    only_rule : int or None
        Only this rule.

    Returns
    -------
    least : ndarray of int64, shape (n_sites,)
        0 where nothing is asked, or the bays are not known.
    most : ndarray, shape (n_sites,)
        inf where nothing limits, or the bays are not known.
    """
    n_sites = len(rows.site_stands)
    least, most = np.zeros(n_sites, dtype=np.int64), np.full(n_sites, np.inf)
    for number, rule_pos in enumerate(rows.bays_rule.tolist()):
        if only_rule is not None and rule_pos != only_rule:
            continue
        if period is not None and not rows.must[rule_pos, period]:
            continue
        least = np.maximum(least, rows.bays_points[number])
        per_charger = float(rows.bays_per_charger[number])
        if per_charger > 0:
            room = np.floor(rows.site_bays / per_charger + _TOLERANCE)
            most = np.fmin(most, room)
    return least, most


def _find_required(sites: CandidateSites) -> Bools:
    return np.asarray(sites.table["status"] == "required")


def _name(sites: CandidateSites, is_meant: Bools) -> str:
    return name_rows(sites.table["site_id"].to_numpy()[is_meant])
