"""Answers as words and as rows of a table."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from chargeplan.csv_tables import guard_if_text
from chargeplan.text import clean_text, show_name
from chargeplan.units import format_pkr
from chargeplan.why.answers import Found

if TYPE_CHECKING:
    from chargeplan.why.answers import Alternatives, ClosedAnswer, Interval, SiteAnswer
    from chargeplan.why.case import RunAnswers, RunCase

COLUMNS = (
    "site_id",
    "name",
    "state",
    "chargers",
    "load_kwh_day",
    "alone_cells",
    "alone_kwh_day",
    "alone_served_kwh_day",
    "unreplaced_loss_kwh_day",
    "loss_least_kwh_day",
    "loss_most_kwh_day",
    "search",
    "next_best_site_id",
    "next_best_chargers",
    "next_best_m",
    "next_best_min",
    "next_best_loss_kwh_day",
    "next_best_is_proven",
    "forced_by",
    "gain_at_most_kwh_day",
    "cheapest_pkr",
    "reach_cells",
    "reach_kwh_day",
    "reach_served_kwh_day",
    "serve_at_most_kwh_day",
    "served_most_by_site_id",
    "served_most_by_kwh_day",
    "served_most_by_m",
    "reasons",
    "kept_in",
    "note",
)
_DECIMALS = 6


def describe_interval(loss: Interval, found: Found, *, what: str = "without") -> str:
    """Write a loss as what is proven about it; `what` is with or without the site.

    Examples
    --------
    >>> from chargeplan.why.answers import Interval
    >>> describe_interval(Interval(12.0, 30.5), Found.PLAN)
    'between 12.0 and 30.5 kWh/day'
    >>> describe_interval(Interval(-3.0, 30.5), Found.PLAN)
    'between -3.0 and 30.5 kWh/day (below 0: a plan without it may be better)'
    """
    if found is Found.IMPOSSIBLE:
        return "everything: no plan keeps every limit"
    if math.isinf(loss.most) and loss.least > 0:
        return f"at least {loss.least:,.1f} kWh/day; no plan was found in time, raise --time-limit"
    if math.isinf(loss.most):
        return "an amount that is not known: no plan was found in time, raise --time-limit"
    least, most = f"{loss.least + 0.0:,.1f}", f"{loss.most + 0.0:,.1f}"
    if {least, most} <= {"0.0", "-0.0"}:
        return "nothing"
    if least == most:
        return f"{most} kWh/day"
    doubt = f" (below 0: a plan {what} it may be better)" if loss.least < 0 else ""
    return f"between {least} and {most} kWh/day{doubt}"


def describe_measure(case: RunCase) -> str:
    """Say what the energy of losses and plans is; empty where it is the energy served in the last year."""
    unit, years = case.unit, case.problem.staging.n_years
    if unit == "kWh/day":
        return ""
    parts = ["a long drive counts for less"] if unit.startswith("graded") else []
    last = ""
    if years > 1:
        parts.append(f"the mean of the {years} years by their weights")
        last = f" in the last year, {case.request.year}"
    return (
        f"what plans gain and lose is in {unit}: {', '.join(parts)}. The plan has "
        f"{case.solution.objective_kwh_day:,.1f} of these; it serves {case.served_kwh_day:,.1f} kWh/day{last}"
    )


def describe_open(case: RunCase, answer: SiteAnswer) -> str:
    """Write why a station stands in sentences."""
    parts = [
        f"{case.name_site(answer.site_pos)}: {answer.chargers} chargers serve {answer.load_kwh_day:,.1f} kWh/day, "
        f"{answer.alone_served_kwh_day:,.1f} of it from {answer.alone_cells} cells that reach no other open station"
    ]
    if answer.forced:
        parts.append(f"forced: {'; '.join(answer.forced)}")
    if case.problem.is_forced_open[answer.site_pos] and not case.problem.is_counted[answer.site_pos]:
        return ". ".join(parts)
    if answer.found is not Found.NOT_ASKED:
        parts.append(
            f"forbidden and planned anew, the plan loses {describe_interval(answer.loss, answer.found)}"
        )
    if not math.isnan(answer.unreplaced_loss_kwh_day):
        parts.append(f"closed and not replaced, it loses {answer.unreplaced_loss_kwh_day:,.1f} kWh/day")
    neighbour = answer.neighbour
    if neighbour is not None and neighbour.site_pos < 0:
        doubt = "" if neighbour.is_proven else " was found to"
        parts.append(f"no closed site{doubt} take{'' if doubt else 's'} its place")
    elif neighbour is not None:
        rank = "next best" if neighbour.is_proven else "best found in its place"
        parts.append(
            f"{rank}: {case.name_site(neighbour.site_pos)} with {neighbour.chargers} chargers, "
            f"{neighbour.distance_m:,.0f} m and {neighbour.drive_min:.1f} min away, loses "
            f"{max(neighbour.loss_kwh_day, 0.0):,.1f} kWh/day"
        )
    if answer.note:
        parts.append(answer.note)
    return ". ".join(parts)


def describe_alternatives(case: RunCase, found: Alternatives) -> list[str]:
    """Write the alternatives in lines: figures of each, then the sites that all keep."""
    plan = case.solution.objective_kwh_day
    head = (
        f"{len(found.plans)} of {found.wanted} alternatives within {found.within_share:.2%} of "
        f"{plan:,.1f} {case.unit} that differ in {found.n_differ} sites or more"
    )
    lines = [f"{head}; {found.ended}" if found.ended else head]
    for number, each in enumerate(found.plans, start=1):
        served = each.solution.objective_kwh_day
        line = (
            f"  {number}: {served:,.1f} {case.unit} ({(served - plan) / max(plan, 1e-300):+.2%}), "
            f"{int(each.is_open.sum())} new stations, {each.n_different} sites differ"
        )
        if each.evaluation is not None:
            line += (
                f", {format_pkr(each.evaluation.get_metric('cost'))}, "
                f"{each.evaluation.get_metric('served_share'):.1%} of all demand served"
            )
        lines.append(line)
    kept = count_kept(case, found)
    number = len(found.plans)
    if number:
        common = [case.name_site(site) for site, times in kept.items() if times == number]
        lines.append(f"kept in {number} of {number}: {', '.join(common) if common else 'none'}")
        for site, times in kept.items():
            if times < number:
                lines.append(f"kept in {times} of {number}: {case.name_site(site)}")
    return lines


def count_kept(case: RunCase, found: Alternatives) -> dict[int, int]:
    """Count in how many alternatives each new station of the plan stays."""
    problem = case.problem
    existing = problem.is_forced_open & ~problem.is_counted
    new = (case.solution.chargers > 0) & ~existing
    return {site: sum(bool(each.is_open[site]) for each in found.plans) for site in new.nonzero()[0].tolist()}


def list_rows(answers: RunAnswers) -> list[dict[str, object]]:
    """List the answers about sites as rows of `COLUMNS`; None where there is no figure."""
    case, rows = answers.case, []
    kept = {} if answers.alternatives is None else count_kept(case, answers.alternatives)
    number = 0 if answers.alternatives is None else len(answers.alternatives.plans)

    def make_row(site: int, **figures: object) -> dict[str, object]:
        table = case.sites.table.iloc[site]
        row: dict[str, object] = dict.fromkeys(COLUMNS)
        row |= {"site_id": str(table["site_id"]), "name": clean_text(show_name(table.to_dict(), ""))}
        if number and site in kept:
            row["kept_in"] = f"{kept[site]} of {number}"
        return row | {name: _round(value) for name, value in figures.items()}

    for each in answers.opens:
        existing = case.problem.is_forced_open[each.site_pos] and not case.problem.is_counted[each.site_pos]
        near = each.neighbour
        has_near = near is not None and near.site_pos >= 0
        rows.append(
            make_row(
                each.site_pos,
                state="existing" if existing else "open",
                chargers=each.chargers,
                load_kwh_day=each.load_kwh_day,
                alone_cells=each.alone_cells,
                alone_kwh_day=each.alone_kwh_day,
                alone_served_kwh_day=each.alone_served_kwh_day,
                unreplaced_loss_kwh_day=each.unreplaced_loss_kwh_day,
                loss_least_kwh_day=each.loss.least,
                loss_most_kwh_day=each.loss.most,
                search=each.found.value,
                next_best_site_id=str(case.sites.table["site_id"].iloc[near.site_pos])
                if near is not None and has_near
                else None,
                next_best_chargers=near.chargers if near is not None and has_near else None,
                next_best_m=near.distance_m if near is not None and has_near else None,
                next_best_min=near.drive_min if near is not None and has_near else None,
                next_best_loss_kwh_day=near.loss_kwh_day if near is not None else None,
                next_best_is_proven=near.is_proven if near is not None else None,
                forced_by="; ".join(each.forced),
                note=each.note,
            )
        )
    rows += [
        make_row(
            other.site_pos,
            state="closed",
            chargers=0,
            loss_least_kwh_day=other.loss.least,
            loss_most_kwh_day=other.loss.most,
            search=other.found.value,
            gain_at_most_kwh_day=other.gain_kwh_day,
            cheapest_pkr=other.cheapest_pkr,
            **_list_reach(case, other),
            reasons="; ".join(other.reasons),
        )
        for other in answers.closed
    ]
    for site_id, reason in answers.removed:
        rows.append(dict.fromkeys(COLUMNS) | {"site_id": site_id, "state": "removed", "reasons": reason})
    return rows


def _list_reach(case: RunCase, answer: ClosedAnswer) -> dict[str, object]:
    reach = answer.reach
    if reach is None:
        return {}
    by_site = case.sites.table["site_id"]
    return {
        "reach_cells": reach.cells,
        "reach_kwh_day": reach.kwh_day,
        "reach_served_kwh_day": reach.served_kwh_day,
        "serve_at_most_kwh_day": reach.at_most_kwh_day if answer.can_open else 0.0,
        "served_most_by_site_id": str(by_site.iloc[reach.served_most_by])
        if reach.served_most_by >= 0
        else None,
        "served_most_by_kwh_day": reach.by_it_kwh_day if reach.served_most_by >= 0 else None,
        "served_most_by_m": answer.served_most_by_m,
    }


def write_csv(answers: RunAnswers) -> str:
    """Write the answers about sites as CSV, empty where a figure does not exist."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in list_rows(answers):
        writer.writerow({name: "" if value is None else guard_if_text(value) for name, value in row.items()})
    return stream.getvalue()


def _round(value: object) -> object:
    if isinstance(value, float):
        return round(value, _DECIMALS) + 0.0 if math.isfinite(value) else None
    return value
