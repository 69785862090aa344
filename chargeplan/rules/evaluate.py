"""Which rules a finished plan keeps, place by place, without the solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chargeplan.errors import RecordError
from chargeplan.rules.report import RuleReport, RuleState, summarise_rules
from chargeplan.text import show_name
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    from chargeplan.records import Bools, CandidateSites, Floats, Ints
    from chargeplan.rules.rows import RuleRows

# Relative to what is required; sums of powers are floating-point numbers.
_TOLERANCE = 1e-9
_TEXTS = ("place", "site_id", "unit")
_NUMBERS = ("lon", "lat", "reached", "required", "people", "kwh_day")
_PLACE_COLUMNS = (
    "rule_id",
    "must",
    "place",
    "site_id",
    "lon",
    "lat",
    "reached",
    "required",
    "unit",
    "state",
    "people",
    "kwh_day",
    "area",
)


@dataclass(frozen=True, slots=True, eq=False)
class _Stations:
    """What the plan has at each site, standing stations included."""

    chargers: Floats
    kw: Floats
    charger_kw: Floats  # (n_sites, n_types)
    chargers_by_type: Floats  # (n_sites, n_types)
    is_new: Bools


def evaluate_rules(
    rows: RuleRows,
    sites: CandidateSites,
    chargers_at_site: Ints | Floats,
    kw_at_site: Floats,
    *,
    type_kw: Floats | None = None,
    chargers_by_type: Floats | None = None,
    period: int = 0,
) -> RuleReport:
    """Tell which rules a plan keeps.

    A square or a share of sites counts stations that are open, standing ones of competitors too;
    points and power count every charger. The power of a station and the bays are asked of new
    stations only: what stands already is not changed by the plan.

    Parameters
    ----------
    rows : RuleRows
    sites : CandidateSites
    chargers_at_site : ndarray, shape (n_sites,)
        Chargers at each site after the plan, 0 where closed. Standing stations may be left out.
    kw_at_site : ndarray, shape (n_sites,)
        Their total power, kW.
    type_kw : ndarray, shape (n_types,), or None
        Power of a charger of each type; without it each charger of a site has an equal part of its
        power.
    chargers_by_type : ndarray, shape (n_sites, n_types), or None
        Chargers of each type; goes with `type_kw`.
    period : int
        Row of `rows.years`.

    Raises
    ------
    RecordError
        When the shapes do not fit the sites.
    """
    n_sites = len(rows.site_stands)
    if len(chargers_at_site) != n_sites or len(kw_at_site) != n_sites or len(sites.table) != n_sites:
        raise RecordError(f"chargers and power are needed of each of {n_sites} sites")
    stations = _gather_stations(rows, chargers_at_site, kw_at_site, type_kw, chargers_by_type)
    parts = [
        *_evaluate_areas(rows, stations),
        *_evaluate_totals(rows, stations, period),
        *_evaluate_station_rules(rows, stations, sites),
        *_evaluate_bays(rows, stations, sites),
    ]
    places = _join_places(parts, rows, period)
    return RuleReport(summarise_rules(places, rows, period), places)


def evaluate_plan_rules(
    rows: RuleRows, sites: CandidateSites, chargers_by_type: Ints, type_kw: Floats, *, period: int = 0
) -> RuleReport:
    """Tell which rules a plan keeps; existing stations have the power they have.

    Parameters
    ----------
    rows : RuleRows
    sites : CandidateSites
    chargers_by_type : ndarray of int64, shape (n_sites, n_types)
        In the year of the period.
    type_kw : ndarray, shape (n_types,)
    period : int
        Row of `rows.years`.
    """
    existing = sites.has_status(SiteStatus.EXISTING)
    standing_kw = sites.table["existing_power_kw"].to_numpy(dtype=np.float64)
    return evaluate_rules(
        rows,
        sites,
        chargers_by_type.sum(axis=1),
        np.where(existing, standing_kw, chargers_by_type @ type_kw),
        type_kw=type_kw,
        chargers_by_type=chargers_by_type.astype(np.float64),
        period=period,
    )


def _gather_stations(
    rows: RuleRows,
    chargers_at_site: Ints | Floats,
    kw_at_site: Floats,
    type_kw: Floats | None,
    chargers_by_type: Floats | None,
) -> _Stations:
    planned = np.asarray(chargers_at_site, dtype=np.float64)
    chargers = np.maximum(planned, rows.standing_chargers)
    kw = np.maximum(np.asarray(kw_at_site, dtype=np.float64), rows.standing_kw)
    if type_kw is None or chargers_by_type is None:
        each = np.divide(kw, chargers, out=np.zeros_like(kw), where=chargers > 0)
        charger_kw, by_type = each[:, None], chargers[:, None]
    else:
        by_type = np.asarray(chargers_by_type, dtype=np.float64)
        charger_kw = np.broadcast_to(np.asarray(type_kw, dtype=np.float64), by_type.shape)
    return _Stations(chargers, kw, charger_kw, by_type, (chargers > 0) & ~rows.site_stands)


def _evaluate_areas(rows: RuleRows, stations: _Stations) -> Iterator[dict[str, Any]]:
    if rows.n_areas == 0:
        return
    reached = rows.count_in_areas(stations.chargers > 0)
    middle = rows.area_outline_lonlat[:, :4].mean(axis=1)
    yield {
        "rule_pos": rows.area_rule,
        "place": rows.area_label,
        "site_id": "",
        "lon": middle[:, 0],
        "lat": middle[:, 1],
        "reached": reached.astype(np.float64),
        "required": rows.area_stations.astype(np.float64),
        "unit": "stations",
        "is_known": True,
        "people": rows.area_people,
        "kwh_day": rows.area_kwh_day,
        "area": np.arange(rows.n_areas),
    }


def _evaluate_totals(rows: RuleRows, stations: _Stations, period: int) -> Iterator[dict[str, Any]]:
    for number, rule_pos in enumerate(rows.total_rule.tolist()):
        is_power = bool(rows.total_is_power[number])
        yield {
            "rule_pos": [rule_pos],
            "place": "all stations",
            "site_id": "",
            "lon": np.nan,
            "lat": np.nan,
            "reached": [float((stations.kw if is_power else stations.chargers).sum())],
            "required": [float(rows.total_required[number, period])],
            "unit": "kW" if is_power else "charging points",
            "is_known": True,
            "people": np.nan,
            "kwh_day": np.nan,
            "area": -1,
        }


def _evaluate_station_rules(
    rows: RuleRows, stations: _Stations, sites: CandidateSites
) -> Iterator[dict[str, Any]]:
    new = np.flatnonzero(stations.is_new)
    for number, rule_pos in enumerate(rows.station_rule.tolist()):
        yield _describe_stations(
            sites, new, rule_pos, stations.kw[new], np.full(len(new), rows.station_kw[number]), "kW"
        )
        if rows.station_chargers[number] > 0:
            least_kw = float(rows.station_charger_kw[number])
            is_strong = stations.charger_kw[new] >= least_kw * (1 - _TOLERANCE)
            strong = np.where(is_strong, stations.chargers_by_type[new], 0.0).sum(axis=1)
            required = np.full(len(new), float(rows.station_chargers[number]))
            yield _describe_stations(
                sites, new, rule_pos, strong, required, f"chargers of {least_kw:g} kW or more"
            )


def _evaluate_bays(rows: RuleRows, stations: _Stations, sites: CandidateSites) -> Iterator[dict[str, Any]]:
    for number, rule_pos in enumerate(rows.bays_rule.tolist()):
        points = rows.bays_points[number]
        asked = np.flatnonzero(stations.is_new & (points != 0))
        if len(asked):
            yield _describe_stations(
                sites,
                asked,
                rule_pos,
                stations.chargers[asked],
                np.where(points[asked] > 0, points[asked], np.nan),
                "charging points",
            )
        per_charger = float(rows.bays_per_charger[number])
        if per_charger > 0:
            new = np.flatnonzero(stations.is_new)
            most = np.floor(rows.site_bays[new] / per_charger + _TOLERANCE)
            # At most so many: the same comparison from the other side.
            part = _describe_stations(sites, new, rule_pos, stations.chargers[new], most, "chargers at most")
            yield part | {"is_most": True}


def _describe_stations(
    sites: CandidateSites, at: Ints, rule_pos: int, reached: Floats, required: Floats, unit: str
) -> dict[str, Any]:
    table = sites.table.iloc[at]
    site_id = table["site_id"].to_numpy(dtype=str)
    return {
        "rule_pos": np.full(len(at), rule_pos),
        "place": [_name_station(row) for row in table.to_dict("records")],
        "site_id": site_id,
        "lon": table["lon"].to_numpy(np.float64),
        "lat": table["lat"].to_numpy(np.float64),
        "reached": reached,
        "required": required,
        "unit": unit,
        "is_known": ~np.isnan(required),
        "people": np.nan,
        "kwh_day": np.nan,
        "area": -1,
    }


def _name_station(row: Mapping[Hashable, Any]) -> str:
    """Name a station by its name where it has one, and its id, which no other has."""
    name = show_name({str(key): value for key, value in row.items()}, "")
    return f"{name}, site {row['site_id']}" if name else f"site {row['site_id']}"


def _join_places(parts: list[dict[str, Any]], rows: RuleRows, period: int) -> pd.DataFrame:
    """Join the parts in the order of the rules and, within a rule, of its places."""
    columns: dict[str, list[Any]] = {}
    for part in parts:
        size = len(part["rule_pos"])
        for name, value in ({"is_most": False} | part).items():
            columns.setdefault(name, []).append(np.broadcast_to(np.asarray(value), (size,)))
    if not columns:
        columns = {name: [np.zeros(0)] for name in ("rule_pos", "is_most", "is_known", *_NUMBERS, *_TEXTS)}
    joined = {name: np.concatenate(values) for name, values in columns.items()}
    rule_pos = joined["rule_pos"].astype(np.int64)
    reached, required = (joined[name].astype(np.float64) for name in ("reached", "required"))
    slack = _TOLERANCE * np.maximum(np.abs(np.nan_to_num(required)), 1.0)
    kept = np.where(joined["is_most"].astype(bool), reached <= required + slack, reached >= required - slack)
    state = np.where(
        joined["is_known"].astype(bool),
        np.where(kept, RuleState.KEPT.value, RuleState.BROKEN.value),
        RuleState.NOT_KNOWN.value,
    )
    frame = pd.DataFrame(
        {
            "rule_id": pd.Series(rows.rules["rule_id"].to_numpy()[rule_pos], dtype="str"),
            "must": pd.Series(rows.must[rule_pos, period], dtype="bool"),
            **{name: pd.Series(joined[name].astype(str), dtype="str") for name in _TEXTS},
            **{name: pd.Series(joined[name].astype(np.float64), dtype="float64") for name in _NUMBERS},
            "state": pd.Series(state.astype(str), dtype="str"),
            "area": pd.Series(joined["area"].astype(np.int64), dtype="int64")
            if len(rule_pos)
            else pd.Series([], dtype="int64"),
        }
    )
    order = np.argsort(rule_pos, kind="stable")
    return frame.iloc[order].reset_index(drop=True)[list(_PLACE_COLUMNS)]
