"""What the map's card says of a closed site, held against the answer of the command why."""

from dataclasses import replace

import numpy as np
import pytest

from chargeplan.config.load import load_settings
from chargeplan.pipeline import run_study
from chargeplan.publish.closed_sites import describe_closed_sites
from chargeplan.publish.finished_run import read_finished_run
from chargeplan.publish.site_results import build_site_results
from chargeplan.units import format_pkr
from chargeplan.why.closed import ClosedSites
from chargeplan.why.plain import PlainHand
from chargeplan.why.staged import StagedHand

SERVED = "open stations serve all that may use it, as well as it could, and nothing waits for room in them"
NO_GAIN = ("the open stations serve all that reaches it", "each of its ")


@pytest.fixture(scope="module")
def bundle(project_folder, tmp_path_factory):
    """The embedded city with its whole budget: of some closed sites all demand is served, and the money is spent."""
    changes = [f"publish.folder={tmp_path_factory.mktemp('maps')}", "demand.cell_resolution=8"]
    changes += ["solve.node_limit=1", "solve.time_limit_s=600"]
    return read_finished_run(
        run_study(load_settings(project_folder / "configs" / "demo.yaml", changes)).folder
    )


def list_both(bundle, **changes):
    """The words of the card and the answer, for each closed candidate."""
    bundle = replace(bundle, problem=replace(bundle.problem, **changes))
    problem, solution = bundle.problem, bundle.solution
    hand = PlainHand(problem, solution) if problem.is_plain else StagedHand(problem, solution)
    results = build_site_results(bundle)
    sites = ClosedSites(problem, solution, hand, bays=results["max_chargers"].to_numpy())
    told = describe_closed_sites(bundle, results)
    closed = np.flatnonzero(~results["is_open"] & results["status"].isin(["candidate", "required"])).tolist()
    assert closed
    rank_of = results["rank"].to_dict()
    return [(told[site], sites.explain(site), rank_of) for site in closed]


def translate(reason, rank_of, left_pkr):
    """Say a reason of the command as the card does; the beginning is enough."""
    if reason.startswith("too near to the open station "):
        return f"too near to station no. {int(rank_of[int(reason.split()[6])])}"
    if reason.startswith("its smallest station costs"):
        return f"its smallest station costs more than the money left, {format_pkr(max(left_pkr, 0.0))}"
    if reason.endswith("new stations, all that are allowed"):
        return f"the plan has all {reason.split()[3]} new stations that are allowed"
    if reason.startswith("no demand reaches it"):
        return "no demand may use it"
    if reason.startswith("no station may stand there"):
        return "a rule about bays, power or spacing leaves no size"
    if " bays, and the smallest station" in reason:
        return "room for fewer chargers than the smallest station has"
    assert reason.startswith("grid asset "), reason
    parts = reason.replace(" beside the open stations", "").split()
    return f"the grid above it has {parts[4]} kW left, its smallest station draws {float(parts[-2]):,.0f} kW"


def check_agreement(rows):
    """Each card says the command's first reason of those that are no measure of use; else one of use, or nothing."""
    for (*_, words), answer, rank_of in rows:
        uses = [each for each in answer.reasons if each.startswith(NO_GAIN)]
        hard = [each for each in answer.reasons if not each.startswith(NO_GAIN)]
        if hard:
            assert words == translate(hard[0], rank_of, answer.left_pkr)
        else:
            assert words in {SERVED, ""}
        if words == SERVED:
            assert uses
            assert (
                not answer.gain_kwh_day > 0
            )  # by the prices of the stations' room; NaN where there are none


def test_the_card_says_what_the_command_says_of_every_closed_site(bundle):
    rows = list_both(bundle)
    check_agreement(rows)
    assert any(thousandths == 1000 for (_, thousandths, *_), _, _ in rows)
    # Where all that may use a site is served, the money is what keeps it closed, and a station would add something.
    money = [words for (*_, words), answer, _ in rows if answer.gain_kwh_day > 0 and answer.can_open]
    assert money
    assert all(each.startswith("its smallest station costs more than the money left") for each in money)


@pytest.mark.parametrize("is_counted", [False, True])
def test_it_does_so_without_a_budget_and_with_all_stations_used(bundle, is_counted):
    number = int(((bundle.solution.chargers > 0) & bundle.problem.is_counted).sum())
    rows = list_both(bundle, budget_pkr=np.inf, max_sites=number if is_counted else -1)
    check_agreement(rows)
    open_ones = {words for (*_, words), answer, _ in rows if answer.can_open}
    told = f"the plan has all {number} new stations that are allowed"
    assert (told in open_ones) == is_counted


def test_a_site_that_would_add_something_is_never_said_to_be_served(bundle):
    """Without a budget; the bound on what it adds is that of the prices, which the card does not know."""
    rows = list_both(bundle, budget_pkr=np.inf)
    gains = [answer.gain_kwh_day for (*_, words), answer, _ in rows if answer.can_open and words == ""]
    assert gains
    assert min(gains) > 0


def test_it_does_so_with_years_and_a_grid(staged_demo):
    check_agreement(list_both(read_finished_run(staged_demo)))
