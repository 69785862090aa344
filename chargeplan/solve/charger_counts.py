"""A bound from counting chargers: a plan of so many serves no more than they can, one of more costs more.

Where money is scarce all stations are full, and the relaxed problem builds, say, 44.5 chargers. No
plan does: it has at most 44, and serves no more than 44 full chargers can, or at least 45, and then
the relaxed problem with that as a further rule is a bound. The larger of the two holds for all plans.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.solve.choice import Choice, Chooser, Picks
from chargeplan.solve.plan import find_allowed_levels, find_existing_sites
from chargeplan.words import PlanMode

if TYPE_CHECKING:
    from chargeplan.records import Floats, PlanProblem

_MOST_STEPS = 12
_SETTLED_SHARE = 1e-7
_FULL_SHARE = 1e-9  # a plan this near to what its chargers can serve counts as full


@dataclass(frozen=True, slots=True)
class ChargerCount:
    """How much new chargers can serve at most, whatever their sites.

    Parameters
    ----------
    existing_kwh_day : float
        Most that the existing stations serve, quality-weighted.
    charger_kwh_day : float
        Most that each new charger adds.
    """

    existing_kwh_day: float
    charger_kwh_day: float

    def compute_most_kwh_day(self, n_chargers: int) -> float:
        """Compute what no plan with at most so many new chargers can beat."""
        return (self.existing_kwh_day + n_chargers * self.charger_kwh_day) * (1 + _FULL_SHARE)

    def find_beaten_count(self, objective_kwh_day: float) -> int:
        """Find the largest count of new chargers that serves no more than an objective; -1 when none."""
        full = (objective_kwh_day - self.existing_kwh_day) / self.charger_kwh_day
        return max(-1, math.floor(full * (1 + _FULL_SHARE) + _FULL_SHARE))


def measure_chargers(problem: PlanProblem) -> ChargerCount | None:
    """Measure what new chargers can serve at most; None where the count of chargers says nothing."""
    allowed = find_allowed_levels(problem)
    if problem.mode is not PlanMode.ALLOCATE or not allowed.any():
        return None
    best_quality = np.zeros(problem.n_sites)
    np.maximum.at(best_quality, problem.pair_site, problem.pair_quality)
    per_charger = problem.level_capacity_kwh_day / problem.level_chargers[None, :]
    worth = np.where(allowed, per_charger * best_quality[:, None], 0.0)
    existing = find_existing_sites(problem)
    count = ChargerCount(
        float(problem.existing_capacity_kwh_day[existing] @ best_quality[existing]), float(worth.max())
    )
    is_told = math.isfinite(count.existing_kwh_day + count.charger_kwh_day) and count.charger_kwh_day > 0
    return count if is_told else None


class CountedChooser:
    """Choose sites and levels as `SiteChooser` does, with at least so many chargers.

    The count is relaxed with a reward per charger, >= 0; the value is a bound for every reward.

    Parameters
    ----------
    chooser : Chooser
    chargers : ndarray of float, shape (n_entries,)
    least_chargers : int
    """

    def __init__(self, chooser: Chooser, chargers: Floats, least_chargers: int) -> None:
        self.chooser = chooser
        self.chargers = chargers
        self.least_chargers = least_chargers
        self.reward = 0.0

    def choose(self, worth: Floats) -> Choice:
        """Find the reward of least value, and the choice at it."""
        reward = self.reward
        best = self.chooser.choose(worth + reward * self.chargers)
        best_value = math.inf
        low, high = (0.0, math.nan, math.nan), (math.inf, math.nan, math.nan)  # reward, value, slope
        for step in range(_MOST_STEPS):
            choice = self.chooser.choose(worth + reward * self.chargers) if step else best
            value = choice.value - reward * self.least_chargers
            slope = self._count(choice) - self.least_chargers
            if value < best_value:
                best, best_value, self.reward = choice, value, reward
            if slope == 0 or (slope > 0 and reward == 0):
                break
            if slope < 0:
                low = (reward, value, slope)
            else:
                high = (reward, value, slope)
            after = self._step(low, high, worth)
            if abs(after - reward) <= _SETTLED_SHARE * max(after, reward):
                break
            reward = after
        return replace(best, within=replace(best.within, value=best_value))

    def bound_changes(self, worth: Floats, picks: Picks) -> tuple[Floats, Floats]:
        """Compute how the bound changes when an entry is forced, or a site is left out."""
        return self.chooser.bound_changes(worth + self.reward * self.chargers, picks)

    def _count(self, choice: Choice) -> float:
        within = float(self.chargers[choice.within.entries].sum())
        beyond = float(self.chargers[choice.beyond.entries].sum())
        return within + choice.beyond_share * (beyond - within)

    def _step(
        self, low: tuple[float, float, float], high: tuple[float, float, float], worth: Floats
    ) -> float:
        """Find the next reward: where the lines at both ends cross, or further on while one end is open."""
        if math.isnan(high[1]):
            return max(2.0 * low[0], 0.1 * float(worth.max(initial=1.0) / self.chargers.max()))
        if math.isnan(low[1]):
            return 0.5 * high[0] if high[0] > 1e-9 else 0.0
        crossing = (low[1] - high[1] + high[2] * high[0] - low[2] * low[0]) / (high[2] - low[2])
        return min(max(crossing, low[0]), high[0])
