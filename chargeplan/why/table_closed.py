"""Answers about closed sites as words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chargeplan.records import advise_longer_search
from chargeplan.units import format_pkr
from chargeplan.why.answers import BETTER_SHARE, RUN_AGAIN, Found
from chargeplan.why.table import describe_interval
from chargeplan.words import Outcome

if TYPE_CHECKING:
    from chargeplan.records import Solution
    from chargeplan.why.answers import ClosedAnswer
    from chargeplan.why.case import RunCase
    from chargeplan.why.reach import Reach


def describe_closed(case: RunCase, answer: ClosedAnswer) -> str:
    """Write why a site is closed in sentences: why, who serves its demand, what it would bring and cost."""
    parts = [f"{case.name_site(answer.site_pos)}: closed"]
    parts += list(answer.reasons)
    if answer.reach is not None and answer.reach.cells:
        parts += _describe_reach(case, answer, answer.reach)
    if not math.isnan(answer.gain_kwh_day) and answer.gain_kwh_day > 0:
        parts.append(f"beside the open ones it would add at most {answer.gain_kwh_day:,.1f} kWh/day")
    plan = case.solution.objective_kwh_day
    if answer.found not in {Found.NOT_ASKED, Found.IMPOSSIBLE}:
        loss = describe_interval(answer.loss, answer.found, what="with")
        parts.append(f"forced open and planned anew, the plan loses {loss}")
        if math.isfinite(answer.loss.least):
            parts.append(
                f"no plan with it serves more than {plan - answer.loss.least:,.1f} {case.unit}, "
                f"the plan serves {plan:,.1f}"
            )
        if answer.loss.most < -BETTER_SHARE * max(plan, 1.0):
            parts.append(f"a plan with it serves {-answer.loss.most:,.1f} kWh/day more: {RUN_AGAIN}")
        elif math.isinf(answer.loss.most):
            parts += _describe_chance(case.solution, answer)
    elif answer.found is Found.NOT_ASKED and answer.can_open:
        site_id = case.sites.table["site_id"].iloc[answer.site_pos]
        parts += _describe_chance(case.solution, answer)
        parts.append(f"--site {site_id} tells what the plan loses with a station there")
    return ". ".join(parts)


def _describe_chance(solution: Solution, answer: ClosedAnswer) -> list[str]:
    """Say of a site whose price is left why the plan leaves it out: by proof, or as the search ended early."""
    if answer.reasons or not answer.can_open:
        return []
    left = "there is no budget"
    if math.isfinite(answer.left_pkr):
        left = f"its price is left in the budget ({format_pkr(answer.left_pkr)})"
    if solution.outcome is Outcome.PROVEN_OPTIMAL:
        return [f"{left}, but with it or without it {solution.proof_text}"]
    return [
        f"{left}, and the search ended early ({solution.proof_text}): a longer run may open it: "
        f"{advise_longer_search(solution.stopped_by)}"
    ]


def _describe_reach(case: RunCase, answer: ClosedAnswer, reach: Reach) -> list[str]:
    """Write who serves what reaches a closed site, and what a station there could serve and costs at least."""
    text = (
        f"{reach.cells} cells with {reach.kwh_day:,.1f} kWh/day reach it, of which the open stations serve "
        f"{reach.served_kwh_day:,.1f}"
    )
    if reach.served_most_by >= 0:
        away = "" if math.isnan(answer.served_most_by_m) else f", {answer.served_most_by_m:,.0f} m away"
        text += f", most at {case.name_site(reach.served_most_by)} ({reach.by_it_kwh_day:,.1f}{away})"
    parts = [text]
    if answer.can_open:
        price = (
            f", for {format_pkr(answer.cheapest_pkr)} or more" if math.isfinite(answer.cheapest_pkr) else ""
        )
        parts.append(f"a station there would serve at most {reach.at_most_kwh_day:,.1f} kWh/day{price}")
    return parts
