"""The summary: what was asked, what was decided, the figures that matter most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chargeplan.publish.map_figures import describe_search
from chargeplan.publish.report.money import RISK_LABEL, read_risk_pkr, show_to_spend
from chargeplan.publish.report.numbers import Number, count, money, number, share, short, years
from chargeplan.text import clean_text
from chargeplan.words import Outcome, PlanMode, PlanObjective, ServiceRule, SiteStatus

if TYPE_CHECKING:
    from collections.abc import Callable

    from chargeplan.publish.bundle import RunBundle

Shown = Number | str
_OBJECTIVES = {
    PlanObjective.SERVED: "the most demand served",
    PlanObjective.WORST_ZONE: "the worst-served zone served as well as possible, then the most demand",
    PlanObjective.COST: "the least money",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A figure with its name.

    Parameters
    ----------
    key : str
        Word by which the translation finds it.
    label : str
    values : tuple
        Numbers and texts, shown one after the other.
    """

    key: str
    label: str
    values: tuple[Shown, ...]


def list_asked(bundle: RunBundle) -> list[Line]:
    """List what the planner asked for."""
    request = bundle.request
    lines = [
        Line("objective", "Looked for", (_OBJECTIVES[request.objective],)),
        *_list_money_asked(bundle),
        Line(
            "drive",
            "Longest drive to a charger",
            (short(request.limit_s / 60, "limits/travel_limit_min", "min"),),
        ),
    ]
    if request.max_sites >= 0:
        lines.append(Line("max_sites", "Most new stations", (count(request.max_sites, "limits/max_sites"),)))
    if request.target_share > 0:
        place = "request/target_share"
        lines.append(Line("target", "Demand that must be served", (share(request.target_share, place),)))
    lines.append(Line("charger", "Chargers", (_describe_chargers(bundle),)))
    lines.append(Line("service", "A station is full when", (_describe_service(bundle),)))
    if len(request.zone_floors):
        lowest = float(request.zone_floors["floor_share"].min())
        lines.append(
            Line(
                "floor",
                "Served in every zone that has a floor, at least",
                (share(lowest, "request/least_floor_share"),),
            )
        )
    if math.isfinite(request.gini_cap):
        lines.append(
            Line(
                "gini",
                "Inequality between zones (Gini), at most",
                (number(request.gini_cap, "request/gini_cap", 3),),
            )
        )
    lines.append(Line("gap", "Proof asked for", (share(request.gap_asked, "result/gap_asked_share"),)))
    return lines


def _list_money_asked(bundle: RunBundle) -> list[Line]:
    request = bundle.request
    if len(request.years) > 1 and any(map(math.isfinite, request.year_budget_pkr)):
        parts: list[Shown] = []
        for pos, (year, budget) in enumerate(zip(request.years, request.year_budget_pkr, strict=True)):
            parts += [f"{'· ' if pos else ''}{year}:", money(budget, f"request/year_budget_pkr/{pos}")]
        return [Line("budgets", "Money that comes in", tuple(parts))]
    if math.isfinite(request.budget_pkr):
        return [Line("budget", "Budget", (money(request.budget_pkr, "limits/budget_pkr"),))]
    return [Line("no_budget", "Budget", ("not limited",))]


def _describe_chargers(bundle: RunBundle) -> str:
    request = bundle.request
    named = [
        name if name == f"{kw:g} kW" else f"{clean_text(name)} ({kw:g} kW)"
        for name, kw in zip(request.type_names, request.type_power_kw, strict=True)
    ]
    each = f", {request.station_chargers} at each station" if request.mode is PlanMode.COVER else ""
    return f"{' and '.join(named)}, {request.hours_day:g} hours a day{each}"


def _describe_service(bundle: RunBundle) -> str:
    request = bundle.request
    if request.mode is PlanMode.COVER:
        return "never: stations serve all that they reach"
    words = {
        ServiceRule.UTILISATION: f"its chargers are busy {request.max_utilisation:.0%} of the opening hours",
        ServiceRule.BLOCKED: f"{request.service_target_share:.0%} of drivers find every charger busy at the peak",
        ServiceRule.WAITING: f"{request.service_target_share:.0%} of drivers must wait at the peak",
        ServiceRule.LONG_WAIT: f"{request.service_target_share:.0%} of drivers wait long at the peak",
    }
    return words[request.service_rule]


def list_key_figures(bundle: RunBundle) -> list[Line]:
    """List the figures on the summary page; those that this plan has."""
    lines = [
        _read_metric(bundle, "served_share", "of the demand is served", share),
        _read_metric(bundle, "new_sites", "new stations", count),
        _read_metric(bundle, "new_chargers", "new chargers", count),
        _describe_to_spend(bundle),
        _read_metric(bundle, "mean_drive", "mean drive to a charger", _show_minutes),
        _read_metric(bundle, "payback", "until the capital is paid back", years),
    ]
    return [line for line in lines if line is not None]


def _describe_to_spend(bundle: RunBundle) -> Line:
    """Describe the money as the map and the command do: what is spent, with a word where a charge stands beside it."""
    if read_risk_pkr(bundle) > 0:
        return Line("cost_beside_risk", "to spend, beside a risk charge", (show_to_spend(bundle),))
    return Line("cost", "to spend", (show_to_spend(bundle),))


def list_decided(bundle: RunBundle) -> list[Line]:
    """List what was decided, beside the key figures."""
    existing = int(bundle.sites.has_status(SiteStatus.EXISTING).sum())
    lines = [
        _read_metric(bundle, "demand", "Demand, all cells", _show_energy),
        _read_metric(bundle, "served", "Served", _show_energy),
        _read_metric(bundle, "unserved", "Left over", _show_energy),
        _read_metric(bundle, "served_usable_share", "Served, of what these chargers can serve", share),
        Line("existing", "Existing stations", (count(existing, "counts/sites_by_status/existing"),))
        if existing
        else None,
        _read_metric(bundle, "installed_power", "Power of all stations", _show_power),
        Line("risk", RISK_LABEL, (money(read_risk_pkr(bundle), "metrics/grid_risk"),))
        if read_risk_pkr(bundle) > 0
        else None,
        _read_metric(bundle, "npv", "Net present value", money),
        _read_metric(bundle, "co2e_saved", "CO₂e saved", _show_tonnes),
    ]
    return [line for line in lines if line is not None]


def _read_metric(
    bundle: RunBundle, name: str, label: str, show: Callable[[float, str], Shown]
) -> Line | None:
    """Read a figure that only some plans have."""
    if name not in set(bundle.evaluation.metrics["name"]):
        return None
    return Line(name, label, (show(bundle.evaluation.get_metric(name), f"metrics/{name}"),))


def _show_minutes(value: float, place: str) -> Shown:
    return number(value, place, 1, "min")


def _show_energy(value: float, place: str) -> Shown:
    return number(value, place, 0, "kWh/day")


def _show_power(value: float, place: str) -> Shown:
    return number(value, place, 0, "kW")


def _show_tonnes(value: float, place: str) -> Shown:
    return number(value, place, 0, "t/year")


def describe_outcome_line(bundle: RunBundle) -> dict[str, object]:
    """Describe the outcome with the words of the map."""
    solution = bundle.solution
    return {
        "is_proven": solution.outcome is Outcome.PROVEN_OPTIMAL,
        "text": solution.outcome_text,
        "proof": solution.say_proof(bundle.problem.nearest_sites),
        "sentences": describe_search(bundle),
    }
