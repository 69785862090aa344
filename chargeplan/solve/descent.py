"""Minimise a Lagrangian dual by deflected subgradients with a projection on a box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chargeplan.records import Floats
from chargeplan.solve.deadline import Deadline, is_over


@dataclass(frozen=True, slots=True)
class DescentOptions:
    """How the subgradient method steps.

    Parameters
    ----------
    first_step : float
        Share of the Polyak step (value less target, over the squared length) to begin with.
    patience : int
        Iterations without a real improvement after which the step is cut.
    cut : float
        Factor of the cut.
    memory : float
        Share of the last direction kept in the next one.
    last_step : float
        Stop when the step share has fallen below this.
    """

    first_step: float = 1.0
    patience: int = 20
    cut: float = 0.7
    memory: float = 0.7
    last_step: float = 0.01
    real_improvement: float = 1e-4


class Dual(Protocol):
    """A convex function to minimise, with the box of its multipliers and a scale per multiplier."""

    lower: Floats
    upper: Floats
    scale: Floats

    def evaluate(self, multipliers: Floats) -> tuple[float, Floats]:
        """Return the value and a subgradient."""


def minimise_dual(
    dual: Dual,
    start: Floats,
    *,
    target: float,
    max_iterations: int,
    deadline: Deadline | None,
    options: DescentOptions,
    stop_at: float = -np.inf,
) -> tuple[float, Floats, int]:
    """Minimise a dual from a start; return the best value, its multipliers and the iterations done.

    A value that is no finite number says nothing: it is never the best, and the next step is a smaller one from
    the best known.

    Parameters
    ----------
    target : float
        Value of a plan: no multipliers go below it. Steps are Polyak's towards it.
    stop_at : float
        Stop when the value is this low.
    """
    at, best_at = start.copy(), start.copy()
    best, direction = np.inf, np.zeros(len(start))
    step_share, waited, marked = options.first_step, 0, np.inf
    done = 0
    for _ in range(max_iterations):
        if done > 0 and is_over(deadline):
            break
        value, slope = dual.evaluate(at)
        done += 1
        if not np.isfinite(value):
            step_share, waited = step_share * options.cut, 0
            at, direction = best_at.copy(), np.zeros(len(start))
            if not np.isfinite(best) or step_share < options.last_step:
                break
            continue
        if value < best:
            best, best_at = value, at.copy()
        if best < marked - options.real_improvement * max(abs(best - target), 1e-3 * abs(best)):
            marked, waited = best, 0
        else:
            waited += 1
        if best <= stop_at or step_share < options.last_step:
            break
        if waited > options.patience:
            step_share, waited = step_share * options.cut, 0
            at, direction = best_at.copy(), np.zeros(len(start))
            continue
        slope = np.where((at >= dual.upper) & (slope < 0) | (at <= dual.lower) & (slope > 0), 0.0, slope)
        direction = slope + options.memory * direction
        length = float(np.sum(dual.scale * direction * direction))
        if length <= 0:
            break
        aim = max(value - target, 1e-6 * abs(value))
        at = np.clip(at - step_share * aim / length * dual.scale * direction, dual.lower, dual.upper)
    return best, best_at, done
