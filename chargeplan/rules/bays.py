"""How many bays the rules ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from chargeplan.records import Floats, Ints
    from chargeplan.rules.rows import RuleRows

_ROUNDING = 1e-9  # of a product that is a whole number of bays


def find_bays_per_charger(rules: RuleRows | None, year_pos: int) -> float:
    """Find how many bays the rules in force in a year ask for each charger; one where none does."""
    each = 1.0
    if rules is not None:
        for rule, per_charger in zip(rules.bays_rule.tolist(), rules.bays_per_charger.tolist(), strict=True):
            if rules.must[rule, year_pos]:
                each = max(each, float(per_charger))
    return each


def count_bays(chargers: Ints, per_charger: float) -> Floats:
    """Count the bays that chargers take, in whole bays, with so many for each charger."""
    return np.asarray(np.ceil(chargers * per_charger - _ROUNDING), dtype=np.float64)
