"""A plan, its bound and how both were reached."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from chargeplan.records.promises import Floats, Ints, have_no_numbers, require
from chargeplan.records.proof import (
    COST_TOLERANCE,
    LARGEST_UNSAID_GAP,
    PROOF_TOLERANCE,
    compute_cost_gap,
    compute_gap,
    format_gap,
)
from chargeplan.words import Outcome


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A plan, with what is proven about it.

    Parameters
    ----------
    outcome : Outcome
        `PROVEN_OPTIMAL` when the gap is at most the gap asked for, else `WITHIN_GAP`.
    gap_asked : float
    objective_kwh_day : float
        Quality-weighted demand served, kWh per day.
    bound_kwh_day : float
        No plan of the whole stated problem can serve more.
    chargers : ndarray of int64, shape (n_sites,)
        Chargers at each open site (existing ones included), 0 where closed.
    pair_share : ndarray, shape (k,)
        Share of the cell's demand served by each pair of the problem, 0 to 1.
    wall_s : float
        Duration of the search (goes to timings.json only).
    solver : str
        Name and version, such as "HiGHS 1.15.1".
    steps : pandas.DataFrame
        Columns phase, elapsed_s, incumbent_kwh_day, bound_kwh_day, gap, in order; for the least money also
        cost_pkr and cost_bound_pkr, of which `gap` then speaks (goes to timings.json only).
    stopped_by : str
        "proof", "time limit", "node limit", "user" or "solver failure".
    slot_chargers : ndarray of int64, shape (n_years, n_slots) or (0, 0)
        Chargers by year, site and type of a problem that is not plain; `chargers` are those of the last year
        and of all types, `pair_share` is what all types serve of all groups in the last year.
    flow_at : ndarray of int64
        Flat position (year, pair, group, type) of each share above 0 of a problem that is not plain.
    flow_share : ndarray
        Share of the unit's demand that is served there.
    asset_steps : ndarray of int64, shape (n_years, n_assets) or (0, 0)
        Grid steps bought by each year.
    worst_share, worst_share_bound : float
        Served share of the worst-served zone, and what it can be at most, when it came first; NaN else.
    cost_pkr, cost_bound_pkr : float
        What the plan costs, and what every plan that reaches the target costs at least, when the least
        money was searched for; NaN else. `gap` is then that of the money, and ``bound_kwh_day`` holds for
        all plans that cost no more than this one.
    """

    outcome: Outcome
    gap_asked: float
    objective_kwh_day: float
    bound_kwh_day: float
    chargers: Ints
    pair_share: Floats
    wall_s: float
    solver: str
    steps: pd.DataFrame
    stopped_by: str
    slot_chargers: Ints = field(default_factory=have_no_numbers)
    flow_at: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    flow_share: Floats = field(default_factory=lambda: np.zeros(0))
    asset_steps: Ints = field(default_factory=have_no_numbers)
    worst_share: float = float("nan")
    worst_share_bound: float = float("nan")
    cost_pkr: float = float("nan")
    cost_bound_pkr: float = float("nan")

    def __post_init__(self) -> None:
        require(self.outcome in {Outcome.PROVEN_OPTIMAL, Outcome.WITHIN_GAP}, "a solution must carry a plan")
        require(
            self.bound_kwh_day >= self.objective_kwh_day * (1 - 1e-9) - 1e-9,
            "the bound must not be below the plan",
        )
        require(
            np.isnan(self.cost_pkr) == np.isnan(self.cost_bound_pkr)
            and not self.cost_bound_pkr > self.cost_pkr,
            "the bound of the money must not be above the plan's",
        )
        require(
            self.outcome is not Outcome.PROVEN_OPTIMAL or self.gap <= self.gap_asked + self.proof_tolerance,
            "optimal needs the proof",
        )
        require(bool(np.all(self.chargers >= 0)), "chargers must not be negative")

    @property
    def gap(self) -> float:
        """How much better the best possible plan can be at most, as a share of this plan."""
        if np.isnan(self.cost_pkr):
            return compute_gap(self.objective_kwh_day, self.bound_kwh_day)
        return compute_cost_gap(self.cost_pkr, self.cost_bound_pkr)

    @property
    def proof_tolerance(self) -> float:
        """What a proven gap may exceed the one asked for by."""
        return PROOF_TOLERANCE if np.isnan(self.cost_pkr) else COST_TOLERANCE

    @property
    def outcome_text(self) -> str:
        """The outcome as shown: PROVEN OPTIMAL, PROVEN OPTIMAL to x % (as asked) or WITHIN x %."""
        worst = ""
        if np.isfinite(self.worst_share):
            worst = (
                f", the worst zone served to {self.worst_share:.1%} of at most {self.worst_share_bound:.1%}"
            )
        if self.outcome is Outcome.PROVEN_OPTIMAL:
            to_gap = f" to {format_gap(self.gap)}" if self.gap > LARGEST_UNSAID_GAP else ""
            return f"{Outcome.PROVEN_OPTIMAL.value}{to_gap}{worst}"
        return f"WITHIN {format_gap(self.gap)}{worst}"

    @property
    def proof_text(self) -> str:
        """What is proven, as a sentence for beside the outcome; a gap above zero is never called none."""
        plan = " that serves its worst zone as well" if np.isfinite(self.worst_share) else ""
        word = "better"
        if not np.isnan(self.cost_pkr):
            plan, word = " for the target", "cheaper"
        if not np.isfinite(self.gap):
            return f"how much {word} a plan{plan} can be is not known"
        if self.gap == 0.0:
            return f"no plan{plan} is {word}" if plan else "no better plan exists"
        return f"no plan{plan} is more than {format_gap(self.gap)} {word}"

    def say_proof(self, nearest_sites: int) -> str:
        """Say what is proven together with the limit it holds under; 0 where a cell may use every site in reach."""
        limit = f" within each cell's nearest {nearest_sites} sites" if nearest_sites else ""
        return self.proof_text + limit
