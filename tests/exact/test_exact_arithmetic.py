"""Every plan of small studies checked again in fractions: no rounding, no solver, none of our code.

The numbers of the records and of the plan are what they are as floating-point numbers, so each is
a fraction and every sum and comparison below is exact. The best plan is found exactly too: all
choices of stations, and for each the best sharing of demand by augmenting paths in fractions.
"""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import small_studies

from chargeplan.errors import InfeasibleError
from chargeplan.evaluate.metrics import evaluate_plan
from chargeplan.words import Outcome, PlanMode

N_CASES = 20
# What floating point may cost: shares are quotients of doubles, and sums have some ten terms.
ROUNDING = Fraction(1, 10**9)


def exact(value) -> Fraction:
    return Fraction(float(value))


class ExactStudy:
    """A study in fractions, by plain loops over the raw records and docs/explanation/model.md."""

    def __init__(self, request, cells, sites, travel):
        self.request = request
        self.sites = sites.table.to_dict("records")
        self.is_cover = request.mode is PlanMode.COVER
        self.levels = [request.station_chargers] if self.is_cover else list(request.levels)
        self.drives = {
            (int(j), int(i)): exact(s)
            for j, i, s in zip(travel.cell_pos, travel.site_pos, travel.seconds, strict=True)
        }
        self.demand = self.take_competitors([sum(map(exact, row)) for row in cells.kwh_day])
        self.quality = self.choose_pairs()

    def deliver(self, site, power_kw) -> Fraction:
        dark = 0.0 if site["feeder_exempt"] or site["has_storage"] else self.request.outage_hours_day
        hours = exact(self.request.hours_day) * (24 - exact(dark)) / 24
        return exact(power_kw) * hours * exact(self.request.max_utilisation)

    def take_competitors(self, demand):
        spare = {
            i: self.deliver(site, site["existing_power_kw"])
            for i, site in enumerate(self.sites)
            if site["status"] == "competitor"
        }
        for _, j, i in sorted((s, j, i) for (j, i), s in self.drives.items() if i in spare):
            taken = min(demand[j], spare[i])
            demand[j] -= taken
            spare[i] -= taken
        return demand

    def list_levels(self, i):
        if self.sites[i]["status"] not in ("candidate", "required"):
            return []
        return [level for level in self.levels if level <= self.sites[i]["max_chargers"]]

    def can_serve(self, i):
        site = self.sites[i]
        if site["status"] == "existing":
            return site["existing_chargers"] > 0 and (self.is_cover or site["existing_power_kw"] > 0)
        return bool(self.list_levels(i))

    def choose_pairs(self):
        quality = {}
        for j in range(len(self.demand)):
            near = sorted((s, i) for (cell, i), s in self.drives.items() if cell == j and self.can_serve(i))
            for seconds, i in near[: self.request.nearest_sites or None]:
                worth = self.grade(seconds)
                if worth > 0:
                    quality[j, i] = worth
        return quality

    def grade(self, seconds) -> Fraction:
        if not self.request.band_up_to_min:
            return Fraction(1)
        bands = zip(self.request.band_up_to_min, self.request.band_quality, strict=True)
        return next((exact(worth) for up_to, worth in bands if seconds <= 60 * exact(up_to)), Fraction(0))

    def cost(self, chargers) -> Fraction:
        price = exact(self.request.charger_cost_pkr)
        return sum(
            (
                exact(site["fixed_cost_pkr"]) + int(n) * price
                for site, n in zip(self.sites, chargers, strict=True)
                if n and site["status"] != "existing"
            ),
            Fraction(0),
        )

    def capacity(self, i, chargers) -> Fraction | None:
        """What a station delivers; None for no limit."""
        site = self.sites[i]
        if self.is_cover:
            return None
        existing = site["status"] == "existing"
        power = (
            exact(site["existing_power_kw"]) if existing else chargers * exact(self.request.charger_power_kw)
        )
        return self.deliver(site, power)

    def find_faults(self, solution, problem):
        """Every rule that a plan breaks, by how much."""
        chargers = [int(n) for n in solution.chargers]
        shares = [exact(share) for share in solution.pair_share]
        pairs = list(zip(problem.pair_cell.tolist(), problem.pair_site.tolist(), shares, strict=True))
        faults = []
        if np.isfinite(self.request.budget_pkr) and self.cost(chargers) > exact(self.request.budget_pkr):
            faults.append("budget")  # exactly: prices of these studies are whole numbers
        new = [i for i, n in enumerate(chargers) if n and self.sites[i]["status"] != "existing"]
        if 0 <= self.request.max_sites < len(new):
            faults.append("count")
        faults += [f"level of {i}" for i in new if chargers[i] not in self.list_levels(i)]
        faults += [
            f"required {i}"
            for i, site in enumerate(self.sites)
            if site["status"] == "required" and not chargers[i]
        ]
        faults += [f"share of {j}, {i}" for j, i, share in pairs if share < 0 or share > 1]
        faults += [f"pair {j}, {i}" for j, i, share in pairs if share and (j, i) not in self.quality]
        faults += [f"closed {i} serves" for j, i, share in pairs if share and not chargers[i]]
        for j in range(len(self.demand)):
            if sum(share for cell, _, share in pairs if cell == j) > 1 + ROUNDING:
                faults.append(f"cell {j} served twice")
        for i, n in enumerate(chargers):
            room, load = self.capacity(i, n), sum(s * self.demand[j] for j, site, s in pairs if site == i)
            if n and room is not None and load > room * (1 + ROUNDING) + ROUNDING:
                faults.append(f"capacity of {i}")
        return faults

    def worth(self, solution, problem) -> Fraction:
        pairs = zip(problem.pair_cell.tolist(), problem.pair_site.tolist(), solution.pair_share, strict=True)
        return sum(
            (exact(share) * self.demand[j] * self.quality[j, i] for j, i, share in pairs if share),
            Fraction(0),
        )

    def find_best(self) -> Fraction | None:
        """The best objective over all choices within the limits; None when there is none."""
        options = [
            ([] if site["status"] == "required" else [0]) + self.list_levels(i)
            for i, site in enumerate(self.sites)
        ]
        choices = [choice for choice in itertools.product(*options) if self.is_within_limits(choice)]
        array = np.array(choices).reshape(len(choices), len(self.sites))
        largest = [
            choice
            for choice in choices
            if not np.any(np.all(array >= choice, axis=1) & np.any(array > choice, axis=1))
        ]  # more chargers nowhere less never serve less
        return max(map(self.serve, largest), default=None)

    def is_within_limits(self, choice):
        new = sum(1 for n in choice if n)
        over = np.isfinite(self.request.budget_pkr) and self.cost(choice) > exact(self.request.budget_pkr)
        return not over and not 0 <= self.request.max_sites < new

    def serve(self, choice) -> Fraction:
        """The best sharing: as long as a path adds worth, send along it what fits (Busacker, Gowen)."""
        is_open = [
            n > 0 or (site["status"] == "existing" and self.can_serve(i))
            for i, (site, n) in enumerate(zip(self.sites, choice, strict=True))
        ]
        pairs = {pair: worth for pair, worth in self.quality.items() if is_open[pair[1]]}
        if self.is_cover:
            best = [
                max((worth for (cell, _), worth in pairs.items() if cell == j), default=Fraction(0))
                for j in range(len(self.demand))
            ]
            return sum((d * worth for d, worth in zip(self.demand, best, strict=True)), Fraction(0))
        left = list(self.demand)
        room = [self.capacity(i, n) for i, n in enumerate(choice)]
        flow = dict.fromkeys(pairs, Fraction(0))
        total = Fraction(0)
        while (path := find_best_path(pairs, flow, left, room)) is not None:
            start, steps, gain = path
            end = steps[-1][1]
            amount = min(
                left[start], room[end], *(flow[pair] for pair, sign in tag(steps) if sign < 0), 10**9
            )
            for pair, sign in tag(steps):
                flow[pair] += sign * amount
            left[start] -= amount
            room[end] -= amount
            total += gain * amount
        return total


def tag(steps):
    """The pairs of a path with the sign of their change: forward, back, forward, ..."""
    return [(pair, 1 if number % 2 == 0 else -1) for number, pair in enumerate(steps)]


def find_best_path(pairs, flow, left, room):
    """The path from demand that is left to room that is left which adds most worth (Bellman, Ford)."""
    to_site = {}  # site: (worth so far, start cell, pairs forward and back by turns)
    for (j, i), worth in pairs.items():
        if left[j] > 0 and (i not in to_site or worth > to_site[i][0]):
            to_site[i] = (worth, j, [(j, i)])
    improved = True
    while improved:
        improved = False
        for (j, i), amount in flow.items():
            if amount <= 0 or i not in to_site:
                continue
            worth, start, steps = to_site[i]
            for (cell, site), gain in pairs.items():
                if cell != j or site == i:
                    continue
                new = worth - pairs[j, i] + gain
                if site not in to_site or new > to_site[site][0]:
                    to_site[site] = (new, start, [*steps, (j, i), (cell, site)])
                    improved = True
    ends = [(worth, start, steps) for i, (worth, start, steps) in sorted(to_site.items()) if room[i] > 0]
    if not ends:
        return None
    worth, start, steps = max(ends, key=lambda end: end[0])
    return (start, steps, worth) if worth > 0 else None


@pytest.mark.parametrize("mode", list(PlanMode))
def test_every_plan_holds_in_fractions_and_none_is_better(mode):
    n_solved = n_impossible = 0
    for seed in range(500, 500 + N_CASES):
        request, network, cells, sites, travel = small_studies.make_study(seed, mode)
        study = ExactStudy(request, cells, sites, travel)
        best = study.find_best()
        if not best:  # none, or none that serves anything
            n_impossible += 1
            if best is None:
                with pytest.raises(InfeasibleError):
                    small_studies.plan_study(request, network, cells, sites, travel)
            continue
        case = small_studies.plan_study(request, network, cells, sites, travel)
        evaluate_plan(case)
        assert study.find_faults(case.solution, case.problem) == [], seed
        worth = study.worth(case.solution, case.problem)
        assert abs(worth - exact(case.solution.objective_kwh_day)) <= ROUNDING * worth, seed
        assert worth <= best * (1 + ROUNDING), seed
        assert exact(case.solution.bound_kwh_day) >= best * (1 - ROUNDING), seed
        assert case.solution.outcome is Outcome.PROVEN_OPTIMAL, seed
        assert worth * (1 + exact(request.gap_asked) + ROUNDING) >= best, seed
        n_solved += 1
    assert n_solved > N_CASES / 2
    assert n_impossible > 0


def test_a_spoiled_plan_is_found_in_fractions():
    """The check above can fail: each way to spoil a plan has a fault of its own."""
    from dataclasses import replace

    found = set()
    for seed in range(500, 512):
        request, network, cells, sites, travel = small_studies.make_study(seed, PlanMode.ALLOCATE)
        study = ExactStudy(request, cells, sites, travel)
        if not study.find_best():
            continue
        case = small_studies.plan_study(request, network, cells, sites, travel)
        solution, problem = case.solution, case.problem
        for spoiled in (
            replace(solution, pair_share=np.ones(problem.n_pairs)),
            replace(solution, chargers=np.zeros_like(solution.chargers)),
            replace(solution, chargers=solution.chargers + 90),
            replace(solution, pair_share=-solution.pair_share),
        ):
            found |= {fault.split()[0] for fault in study.find_faults(spoiled, problem)}
    assert found >= {"budget", "count", "level", "required", "share", "closed", "cell", "capacity"}
