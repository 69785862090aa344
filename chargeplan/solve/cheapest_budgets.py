"""Which budget to ask about next, in the search for the least money."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.records import COST_TOLERANCE

if TYPE_CHECKING:
    from chargeplan.solve.cheapest_ledger import CheapestLedger

_NEARER = (0.1, 0.4, 0.8, 1.0)  # share of the way from what is too little to the cheapest plan
_LEAST_STEP_SHARE = 0.9 * COST_TOLERANCE  # below a plan's cost, to ask whether anything is cheaper
_ELASTICITY = 0.6  # a budget larger by 1 % serves about this many per cent more; guides, proves nothing
_ABOVE_BOUND = 1.02  # the least money of a city lies about so far above its bound by arithmetic


class Answer(Enum):
    """What is known about a budget."""

    ENOUGH = "enough"
    TOO_LITTLE = "too little"
    OPEN = "open"


class BudgetChooser:
    """Guesses between what is too little and the cheapest plan, and remembers the open answers.

    Parameters
    ----------
    ledger : CheapestLedger
    gap : float
        Asked for.
    """

    def __init__(self, ledger: CheapestLedger, gap: float) -> None:
        self.ledger = ledger
        self.step = max(0.9 * gap, _LEAST_STEP_SHARE)
        self.open_budgets: list[float] = []
        self.asks_lower = True
        self.open_excess = 0.0  # share by which the bound of the last open budget is above the target
        self.open_lack = 0.0  # share by which its plan is below
        self.n_too_little = 0  # answers in a row
        self.knows_only_bound = True
        self.is_exhausted = False  # nothing is left but to ask again

    def hear(self, answer: Answer, budget_pkr: float) -> None:
        """Take over an answer."""
        if answer is Answer.OPEN:
            self.open_budgets.append(budget_pkr)
            self.asks_lower = not self.asks_lower
        else:  # what was open may be answered now, between other limits
            low, high = self.ledger.bound_pkr, self.ledger.cost_pkr
            self.open_budgets = [each for each in self.open_budgets if low < each < high]
        self.n_too_little = self.n_too_little + 1 if answer is Answer.TOO_LITTLE else 0

    def choose(self) -> float:
        """Choose the budget to ask about next."""
        low, high = self.ledger.bound_pkr, self.ledger.cost_pkr
        last = high * (1 - self.step)  # too little here is the proof
        if self.open_budgets:
            return self._choose_around_open(low, high, last)
        if self.knows_only_bound and low > 0:  # which says more than any chord
            self.knows_only_bound = False
            guess = _ABOVE_BOUND * low
            return last if guess > high * (1 - 2 * self.step) else guess
        guess = self.ledger.interpolate_cost_pkr()
        # The plan may be the cheapest: the more budgets in a row were too little, the nearer the next is to it.
        least = _NEARER[min(self.n_too_little, len(_NEARER) - 1)]
        guess = float(np.clip(guess, low + least * (high - low), high - 0.05 * (high - low)))
        return last if least >= 1 or guess > high * (1 - 2 * self.step) else guess

    def _choose_around_open(self, low: float, high: float, last: float) -> float:
        """Choose below the open budgets, by what their bound had too much, or above, by what was missing."""
        lower, upper = min(self.open_budgets), max(self.open_budgets)
        may_lower, may_raise = lower - low > self.step * high, high - upper > 2 * self.step * high
        if not may_lower and not may_raise:
            self.open_budgets.clear()
            self.is_exhausted = True
            return max(last, low)
        if may_lower and (self.asks_lower or not may_raise):
            guess = lower * (1 - 1.3 * self.open_excess / _ELASTICITY)
            return float(np.clip(guess, low + 0.1 * (lower - low), lower - 0.1 * (lower - low)))
        guess = upper * (1 + 1.3 * self.open_lack / _ELASTICITY)
        return float(np.clip(guess, upper + 0.1 * (high - upper), min(last, high - 0.1 * (high - upper))))
