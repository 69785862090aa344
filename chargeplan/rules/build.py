"""Rule packs and a study's places to the arrays of `RuleRows`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chargeplan.data_register import CONFIDENCES
from chargeplan.errors import ConfigError, FaultCollector
from chargeplan.rules.areas import build_areas
from chargeplan.rules.pack import RuleKind
from chargeplan.rules.rows import RuleRows
from chargeplan.words import SiteStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.records import Bools, CandidateSites, DemandCells, Floats
    from chargeplan.rules.pack import PolicyRule, RulePack

# A required number of points is rounded up; 30 vehicles by 10 must stay 3.
_ROUNDING = 1e-9


def build_rule_rows(
    packs: Sequence[RulePack],
    cells: DemandCells,
    sites: CandidateSites,
    *,
    crs: str,
    years: Sequence[int],
    vehicles: Floats | None = None,
    bays_at_site: Floats | None = None,
    may_open: Bools | None = None,
) -> RuleRows:
    """Build the rows of all rules.

    Parameters
    ----------
    packs : sequence of RulePack
    cells : DemandCells
    sites : CandidateSites
    crs : str
        Metric CRS of the study.
    years : sequence of int
        One for each period.
    vehicles : ndarray, shape (n_periods, n_classes), or None
        Electric vehicles in the study by the classes of `cells`; needed by rules that count them.
    bays_at_site : ndarray, shape (n_sites,), or None
        Parking bays, NaN where not known; without it nothing is known.
    may_open : ndarray of bool, shape (n_sites,), or None
        Sites that can be opened at all; without it all required and candidate ones.

    Raises
    ------
    ConfigError
        When a rule counts vehicles of which no number is given, or a class that there is not.
    """
    rules = [rule for pack in packs for rule in pack.rules]
    table = sites.table
    stands = table["existing_chargers"].to_numpy() > 0
    stands &= sites.has_status(SiteStatus.EXISTING) | sites.has_status(SiteStatus.COMPETITOR)
    is_new = sites.has_status(SiteStatus.REQUIRED) | sites.has_status(SiteStatus.CANDIDATE)
    can_open = is_new if may_open is None else is_new & may_open
    year = np.asarray(years, dtype=np.int64)
    due = np.array([rule.get("due_year", 0.0) for rule in rules])
    must = np.array([rule.must for rule in rules], dtype=bool)[:, None] & (due[:, None] <= year[None, :])
    areas = build_areas(rules, cells, sites, crs, stands | can_open)
    bays = np.full(len(table), np.nan) if bays_at_site is None else np.asarray(bays_at_site, np.float64)
    return RuleRows(
        rules=_describe_rules(rules),
        years=year,
        must=must,
        **areas.join(),
        **_build_totals(rules, cells.classes, len(year), vehicles),
        **_build_station_rules(rules),
        **_build_bays(rules, sites, bays),
        site_bays=bays,
        site_stands=stands,
        site_may_open=can_open,
        standing_chargers=np.where(stands, table["existing_chargers"].to_numpy(np.float64), 0.0),
        standing_kw=np.where(stands, table["existing_power_kw"].to_numpy(np.float64), 0.0),
        warnings=tuple(areas.warnings),
    )


def _describe_rules(rules: Sequence[PolicyRule]) -> pd.DataFrame:
    def weakest(rule: PolicyRule) -> str:
        return min((figure.confidence for figure in rule.all_figures), key=CONFIDENCES.index)

    def sources(rule: PolicyRule) -> str:
        return "; ".join(dict.fromkeys(figure.source for figure in rule.all_figures))

    return pd.DataFrame(
        {
            "rule_id": pd.Series([rule.rule_id for rule in rules], dtype="str"),
            "pack": pd.Series([rule.pack for rule in rules], dtype="str"),
            "kind": pd.Series([rule.kind.value for rule in rules], dtype="str"),
            "must": pd.Series([rule.must for rule in rules], dtype="bool"),
            "due_year": pd.Series([int(rule.get("due_year", 0.0)) for rule in rules], dtype="int64"),
            "says": pd.Series([rule.says for rule in rules], dtype="str"),
            "source": pd.Series([sources(rule) for rule in rules], dtype="str"),
            "year": pd.Series(
                [max(figure.year for figure in rule.all_figures) for rule in rules], dtype="int64"
            ),
            "confidence": pd.Series([weakest(rule) for rule in rules], dtype="str"),
        }
    )


def _build_totals(
    rules: Sequence[PolicyRule], classes: tuple[str, ...], n_periods: int, vehicles: Floats | None
) -> dict[str, Any]:
    kinds = (RuleKind.POINTS_PER_VEHICLE, RuleKind.POWER_PER_VEHICLE)
    at = [pos for pos, rule in enumerate(rules) if rule.kind in kinds]
    counts, required = np.zeros((len(at), n_periods)), np.zeros((len(at), n_periods))
    faults = FaultCollector(ConfigError)
    for number, pos in enumerate(at):
        rule = rules[pos]
        unknown = [name for name in rule.classes if name not in classes]
        if unknown:
            faults.add(
                f"model.rules: {rule.rule_id} counts {', '.join(unknown)}; the vehicle classes of this study are "
                f"{', '.join(classes)}; correct the pack's classes"
            )
        elif vehicles is None:
            faults.add(f"model.rules: {rule.rule_id} counts vehicles, but this study has no number of them")
        else:
            counted = [column for column, name in enumerate(classes) if name in (rule.classes or classes)]
            counts[number] = np.asarray(vehicles)[:, counted].sum(axis=1)
            required[number] = (
                np.ceil(counts[number] / rule.get("vehicles_per_point") - _ROUNDING)
                if rule.kind is RuleKind.POINTS_PER_VEHICLE
                else counts[number] * rule.get("kw_per_vehicle")
            )
    faults.raise_if_any()
    return {
        "total_rule": np.array(at, dtype=np.int64),
        "total_is_power": np.array([rules[p].kind is RuleKind.POWER_PER_VEHICLE for p in at], dtype=bool),
        "total_required": required,
        "total_vehicles": counts,
    }


def _build_station_rules(rules: Sequence[PolicyRule]) -> dict[str, Any]:
    at = [pos for pos, rule in enumerate(rules) if rule.kind is RuleKind.MIN_POOL_POWER]
    strong = [rules[pos].get("charger_kw", 0.0) for pos in at]
    return {
        "station_rule": np.array(at, dtype=np.int64),
        "station_kw": np.array([rules[pos].get("pool_kw") for pos in at], dtype=np.float64),
        "station_charger_kw": np.array(strong, dtype=np.float64),
        # A power without a number asks for one charger of it.
        "station_chargers": np.array(
            [rules[pos].get("chargers", 1.0 if kw > 0 else 0.0) for pos, kw in zip(at, strong, strict=True)],
            dtype=np.int64,
        ),
    }


def _build_bays(rules: Sequence[PolicyRule], sites: CandidateSites, bays: Floats) -> dict[str, Any]:
    at = [pos for pos, rule in enumerate(rules) if rule.kind is RuleKind.BAYS]
    points = np.zeros((len(at), len(bays)), dtype=np.int64)
    for number, pos in enumerate(at):
        rule = rules[pos]
        is_meant = sites.table["kind"].isin(rule.site_kinds).to_numpy(dtype=bool) | (not rule.site_kinds)
        if rule.steps:
            limits = np.array([step.from_bays for step in rule.steps])
            asked = np.array([0, *(int(step.figure.value) for step in rule.steps)])
            reached = asked[np.searchsorted(limits, np.nan_to_num(bays), side="right")]
            points[number] = np.where(is_meant, np.where(np.isnan(bays), -1, reached), 0)
    return {
        "bays_rule": np.array(at, dtype=np.int64),
        "bays_per_charger": np.array([rules[p].get("bays_per_charger", 0.0) for p in at], dtype=np.float64),
        "bays_points": points,
    }
