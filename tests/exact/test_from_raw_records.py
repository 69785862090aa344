"""From raw records to a verified plan, against brute force: 120 small studies.

The referee below is written from docs/explanation/model.md alone. It reads the raw records and
uses nothing of the model stage or the search, so that a pair, a cost, a limit or a competitor
lost on the way from the records to the plan shows as another optimum.
"""

import itertools

import numpy as np
import pytest
import small_studies
from scipy.optimize import linprog

from chargeplan.config.settings import SolveSettings
from chargeplan.errors import InfeasibleError
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.evaluate.verify import PlanCase
from chargeplan.formulation.linear import build_linear_model
from chargeplan.model.precheck import check_problem
from chargeplan.model.problem import build_problem
from chargeplan.runlog import ignore_event
from chargeplan.solve.milp import solve_milp
from chargeplan.solve.search import solve_problem
from chargeplan.words import Outcome, PlanMode

N_CASES = 60


class Referee:
    """The model of docs/explanation/model.md, by plain loops over the raw records."""

    def __init__(self, request, cells, sites, travel):
        self.request = request
        self.sites = sites.table.to_dict("records")
        self.drives = {}  # (cell, site): seconds
        for cell, site, seconds in zip(travel.cell_pos, travel.site_pos, travel.seconds, strict=True):
            self.drives[int(cell), int(site)] = float(seconds)
        self.is_cover = request.mode is PlanMode.COVER
        self.levels = [request.station_chargers] if self.is_cover else list(request.levels)
        self.demand = self.take_competitors(cells.kwh_day.sum(axis=1).tolist())
        self.quality = self.choose_pairs()

    def deliver(self, site, power_kw):
        """Twelve dark hours a day halve what a site delivers, unless something bridges them."""
        dark = 0.0 if site["feeder_exempt"] or site["has_storage"] else self.request.outage_hours_day
        hours = self.request.hours_day * (24.0 - dark) / 24.0
        return power_kw * hours * self.request.max_utilisation

    def take_competitors(self, demand):
        spare = {
            i: self.deliver(site, site["existing_power_kw"])
            for i, site in enumerate(self.sites)
            if site["status"] == "competitor"
        }
        for _, j, i in sorted((seconds, j, i) for (j, i), seconds in self.drives.items() if i in spare):
            taken = min(demand[j], spare[i])
            demand[j] -= taken
            spare[i] -= taken
        return demand

    def list_levels(self, i):
        """Numbers of chargers a new station at this site may have."""
        if self.sites[i]["status"] not in ("candidate", "required"):
            return []
        return [level for level in self.levels if level <= self.sites[i]["max_chargers"]]

    def can_serve(self, i):
        site = self.sites[i]
        if site["status"] == "existing":
            return site["existing_chargers"] > 0 and (self.is_cover or site["existing_power_kw"] > 0)
        return bool(self.list_levels(i))

    def grade(self, seconds):
        if not self.request.band_up_to_min:
            return 1.0
        for up_to_min, quality in zip(self.request.band_up_to_min, self.request.band_quality, strict=True):
            if seconds <= 60.0 * up_to_min:
                return quality
        return 0.0

    def choose_pairs(self):
        quality = {}
        for j in range(len(self.demand)):
            near = sorted((s, i) for (cell, i), s in self.drives.items() if cell == j and self.can_serve(i))
            for seconds, i in near[: self.request.nearest_sites or None]:
                quality[j, i] = self.grade(seconds)
        return quality

    def list_choices(self):
        """Chargers of each new station (0: none) in every plan within the limits."""
        options = []
        for i, site in enumerate(self.sites):
            closed = [] if site["status"] == "required" else [0]
            options.append(closed + self.list_levels(i))
        for choice in itertools.product(*options):
            new = [i for i, chargers in enumerate(choice) if chargers]
            cost = sum(
                self.sites[i]["fixed_cost_pkr"] + choice[i] * self.request.charger_cost_pkr for i in new
            )
            if cost <= self.request.budget_pkr and not 0 <= self.request.max_sites < len(new):
                yield choice

    def serve(self, choice):
        """Most quality-weighted demand that these stations serve."""
        is_open = [
            chargers > 0 or (site["status"] == "existing" and self.can_serve(i))
            for i, (site, chargers) in enumerate(zip(self.sites, choice, strict=True))
        ]
        pairs = [(j, i) for j, i in self.quality if is_open[i]]
        if not pairs:
            return 0.0
        if self.is_cover:
            return sum(
                d * max((self.quality[pair] for pair in pairs if pair[0] == j), default=0.0)
                for j, d in enumerate(self.demand)
            )
        capacity = [
            self.deliver(
                site, chargers * self.request.charger_power_kw if chargers else site["existing_power_kw"]
            )
            for site, chargers in zip(self.sites, choice, strict=True)
        ]
        rows = [[float(j == cell) for j, _ in pairs] for cell in range(len(self.demand))]
        rows += [[float(i == site) for _, i in pairs] for site in range(len(self.sites))]
        worth = [-self.quality[pair] for pair in pairs]
        return -linprog(worth, A_ub=rows, b_ub=[*self.demand, *capacity]).fun

    def find_best(self):
        """Best objective, None when no plan keeps the limits.

        A choice is passed over when another has no fewer chargers anywhere: it serves no less.
        """
        choices = list(self.list_choices())
        array = np.array(choices).reshape(len(choices), len(self.sites))
        is_smaller = [
            bool(np.any(np.all(array >= row, axis=1) & np.any(array > row, axis=1))) for row in array
        ]
        largest = [choice for choice, is_less in zip(choices, is_smaller, strict=True) if not is_less]
        best = None
        for bound, choice in sorted(((self.bound(each), each) for each in largest), reverse=True):
            if best is not None and bound <= best:  # the most promising come first
                break
            value = self.serve(choice)
            best = value if best is None else max(best, value)
        return best

    def bound(self, choice):
        """No more than the best worth of all demand in reach of stations that are or may be open."""
        best = {}
        for (j, i), quality in self.quality.items():
            if choice[i] or self.sites[i]["status"] == "existing":
                best[j] = max(best.get(j, 0.0), quality)
        return 1e-9 + sum(quality * self.demand[j] for j, quality in best.items())


@pytest.mark.parametrize("mode", list(PlanMode))
def test_raw_records_lead_to_the_plan_that_brute_force_finds(mode):
    n_solved = n_impossible = 0
    for seed in range(N_CASES):
        request, network, cells, sites, travel = small_studies.make_study(seed, mode)
        best = Referee(request, cells, sites, travel).find_best()
        problem = build_problem(cells, sites, travel, request)
        if not best:  # no plan, or none that serves anything
            n_impossible += 1
            if best is None:
                with pytest.raises(InfeasibleError):
                    check_problem(problem, cells, sites)
            continue
        check_problem(problem, cells, sites)
        solution = solve_problem(
            problem,
            build_linear_model(problem),
            SolveSettings(time_limit_s=60.0, gap=small_studies.GAP_ASKED),
            seed=1,
            listen=ignore_event,
            should_stop=lambda: False,
            run=solve_milp,
            name_things=None,  # why there is no plan is asked in test_explain_impossible
        )
        assert solution.outcome is Outcome.PROVEN_OPTIMAL, seed
        assert solution.objective_kwh_day == pytest.approx(best, rel=1e-6), seed
        assert solution.bound_kwh_day >= best * (1 - 1e-9), seed
        evaluation = evaluate_plan(PlanCase(request, network, cells, sites, travel, problem, solution))
        assert evaluation.checks["passed"].all()
        n_solved += 1
    assert n_solved >= 35
    assert n_impossible >= 3
