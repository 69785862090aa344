"""The proof and the rules: what is proven and how, what was checked, which rules are kept."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chargeplan.publish.report.numbers import Number, full_money, number, share
from chargeplan.publish.report.tables import Cell, Table
from chargeplan.publish.stage_results import evaluate_bundle_rules
from chargeplan.records import format_gap
from chargeplan.text import clean_text

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle

_LONGEST_RULE = 2000


def describe_proof(bundle: RunBundle) -> dict[str, Any]:
    """Describe plan, bound and gap, how they were obtained, and the checks that the plan passed."""
    solution = bundle.solution
    rows: list[list[Cell]] = _list_proven(bundle)
    rows += [
        ["Proven gap", make_gap(bundle)],
        [
            "Gap asked for",
            Number(solution.gap_asked, format_gap(solution.gap_asked), "result/gap_asked_share"),
        ],
        ["Found by", clean_text(solution.solver)],
        ["Search ended by", clean_text(solution.stopped_by)],
    ]
    checks = bundle.evaluation.checks
    return {
        "table": Table("What is proven", (("", "words"), ("", "number")), rows, name="sums"),
        "checks": [
            [clean_text(row["name"]), clean_text(row["detail"])]
            for row in checks[checks["passed"]].to_dict("records")
        ],
    }


def _list_proven(bundle: RunBundle) -> list[list[Cell]]:
    """List what the search made large or small with its bound, first what came first."""
    solution = bundle.solution
    if math.isfinite(solution.cost_pkr):
        return [
            ["The plan costs", full_money(solution.cost_pkr, "result/cost_pkr")],
            [
                "Bound: no plan for the target costs less than",
                full_money(solution.cost_bound_pkr, "result/cost_bound_pkr"),
            ],
        ]
    reached = number(solution.objective_kwh_day, "result/objective_kwh_day", 1, "kWh/day")
    bound = number(solution.bound_kwh_day, "result/bound_kwh_day", 1, "kWh/day")
    if math.isnan(solution.worst_share):
        return [["Plan, by what was made large", reached], ["Bound: no plan exceeds", bound]]
    worst, most = (
        share(bundle.evaluation.get_metric(name), f"metrics/{name}")
        for name in ("worst_zone_share", "worst_zone_share_bound")
    )
    return [
        ["First: the worst zone is served to", worst],
        ["Bound: no plan serves its worst zone to more than", most],
        ["Then: plan, by what was made large", reached],
        ["Bound: no plan that serves its worst zone as well exceeds", bound],
    ]


def make_gap(bundle: RunBundle) -> Number | str:
    """Make the proven gap, which never looks smaller than it is."""
    gap = bundle.solution.gap
    return Number(gap, format_gap(gap), "result/gap_share") if gap < float("inf") else format_gap(gap)


def describe_rules(bundle: RunBundle) -> Table | None:
    """Tabulate the rules, broken ones first; None without rules."""
    report = evaluate_bundle_rules(bundle)
    if report is None or bundle.rules is None:
        return None
    order = {"broken": 0, "not known": 1, "kept": 2}
    rules = sorted(report.rules.to_dict("records"), key=lambda row: order.get(str(row["state"]), 1))
    marks = {"kept": "✓ kept", "broken": "✗ broken", "not known": "? not known"}
    rows: list[list[Cell]] = [
        [
            marks.get(str(row["state"]), str(row["state"])),
            clean_text(row["says"], _LONGEST_RULE),
            "must" if row["must"] else "reported",
            clean_text(row["detail"], _LONGEST_RULE),
            f"{clean_text(row['source'])} ({clean_text(row['year'])}; {clean_text(row['confidence'])})",
        ]
        for row in rules
    ]
    return Table(
        f"Rules in {int(bundle.rules.years[-1])}, broken ones first",
        (("State", "short"), ("Rule", "long"), ("", "short"), ("How far", "long"), ("Source", "long")),
        rows,
        name="fine",
    )
