"""What other settings do to the figures: which can no longer be held against each other, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.compare.setting_changes import strip_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chargeplan.compare.setting_changes import SettingChange

GRADED = frozenset({"objective", "bound"})
SERVICE = frozenset(
    {"served", "served_share", "unserved", "mean_utilisation", "cost_per_kwh_day", "served_pairs"}
)
WORST = frozenset({"worst_zone_share", "worst_zone_share_bound"})
DRIVES = frozenset({"mean_drive", "median_drive", "p90_drive", "out_of_reach"})
MONEY = frozenset(
    {
        "cost",
        "site_cost",
        "charger_cost",
        "cost_per_kwh_day",
        "grid_upgrades",
        "grid_risk",
        "least_cost_bound",
    }
)
ECONOMICS = frozenset(
    {
        "capex",
        "yearly_cost",
        "revenue",
        "net_income",
        "npv",
        "payback",
        "payback_half_sales",
        "break_even_utilisation",
        "driver_saving",
    }
)
BENEFITS = frozenset(
    {
        "petrol_saved",
        "diesel_saved",
        "oil_import_saved",
        "co2e_saved",
        "co2e_saved_clean_grid",
        "co2e_saved_dirty_grid",
        "pm25_saved",
    }
)


@dataclass(frozen=True, slots=True)
class Caveat:
    """What a setting that differs between two runs does to some figures.

    Parameters
    ----------
    keys : tuple of str
        The settings.
    metrics : frozenset of str
        The figures by name.
    is_barred : bool
        True when no difference can be shown; else it is shown with the reason.
    text : str
        Why.
    """

    keys: tuple[str, ...]
    metrics: frozenset[str]
    is_barred: bool
    text: str


@dataclass(frozen=True, slots=True)
class _Rule:
    keys: tuple[str, ...]
    metrics: frozenset[str]
    is_barred: bool
    text: str


_RULES = (
    _Rule(
        ("study.zones",),
        WORST,
        True,
        "the worst-served zone is one of other zones",
    ),
    _Rule(
        ("model.mode",),
        SERVICE | GRADED | WORST,
        True,
        "a plan of mode cover counts all demand in reach as served, one of mode allocate what its chargers deliver",
    ),
    _Rule(
        ("model.bands",),
        GRADED,
        True,
        "the objective counts drives by other travel-time bands; the share served is plain energy and can be compared",
    ),
    _Rule(
        ("model.years",),
        GRADED,
        True,
        "the objective is a mean of other years; the figures of the last year can be compared",
    ),
    _Rule(
        ("model.objective", "model.target_share"),
        frozenset({"target_share", "least_cost_bound"}),
        False,
        "the plans were made for other aims; each is proven for its own",
    ),
    _Rule(
        ("travel.limit_min",),
        SERVICE | DRIVES,
        False,
        "drivers accept another longest drive; the share served is plain energy either way and can be compared",
    ),
    _Rule(
        ("network.speed*", "network.path"),
        DRIVES | SERVICE,
        False,
        "driving times are of other roads or speeds",
    ),
    _Rule(
        ("model.charger.hours_day",),
        frozenset({"mean_utilisation", "break_even_utilisation"}),
        True,
        "shares of other opening hours",
    ),
    _Rule(
        ("model.charger.max_utilisation", "model.charger.service", "model.charger.outage_hours_day"),
        SERVICE,
        False,
        "a charger delivers another amount of energy by these settings",
    ),
    _Rule(
        (
            "model.charger.cost_pkr",
            "model.chargers",
            "model.charger.power_kw",
            "sites.costs",
            "sites.fixed_cost_pkr",
            "grid",
        ),
        MONEY | ECONOMICS,
        False,
        "stations have other prices",
    ),
    _Rule(("economics",), ECONOMICS | BENEFITS, False, "reckoned with other economic assumptions"),
    _Rule(
        ("economics.horizon_years", "economics.discount_rate_share"),
        frozenset({"npv"}),
        True,
        "net present values of another horizon or discount rate",
    ),
    _Rule(
        ("economics.grid_factor*", "economics.petrol_co2*", "economics.diesel_co2*"),
        frozenset({"co2e_saved", "co2e_saved_clean_grid", "co2e_saved_dirty_grid"}),
        True,
        "CO2 reckoned with other factors",
    ),
    _Rule(
        # A layer of sites.paths can hold stations that stand too.
        ("sites.files", "sites.paths", "sites.existing_from_osm"),
        SERVICE | frozenset({"existing_sites", "competitor", "installed_power"}),
        False,
        "other stations stand already, or other competitors",
    ),
)


def find_caveats(changes: Sequence[SettingChange]) -> tuple[Caveat, ...]:
    """Find what the settings that differ do to the figures, in the order of the rules."""
    caveats = []
    for rule in _RULES:
        keys = tuple(change.key for change in changes if _matches(change.key, rule.keys))
        if keys:
            caveats.append(Caveat(keys, rule.metrics, rule.is_barred, rule.text))
    return tuple(caveats)


def select_caveats(
    caveats: Iterable[Caveat], changes: Sequence[SettingChange], first: int, second: int
) -> tuple[Caveat, ...]:
    """Keep the caveats whose settings differ between two of the runs."""
    changed = {change.key for change in changes if change.differs(first, second)}
    return tuple(caveat for caveat in caveats if changed.intersection(caveat.keys))


def is_barred(metric: str, caveats: Iterable[Caveat]) -> bool:
    """Tell whether a figure of two runs cannot be held against each other."""
    return any(caveat.is_barred and metric in caveat.metrics for caveat in caveats)


def _matches(key: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a key is one of those, lies below one, or begins like one that ends in a star.

    The contents of a file count as the setting that names it.
    """
    plain = strip_key(key)
    return any(
        plain.startswith(pattern[:-1])
        if pattern.endswith("*")
        else plain == pattern or plain.startswith(f"{pattern}.")
        for pattern in patterns
    )
