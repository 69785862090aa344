"""How many bays the rules ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chargeplan.rules.rows import RuleRows


def find_bays_per_charger(rules: RuleRows | None, year_pos: int) -> float:
    """Find how many bays the rules in force in a year ask for each charger; one where none does."""
    each = 1.0
    if rules is not None:
        for rule, per_charger in zip(rules.bays_rule.tolist(), rules.bays_per_charger.tolist(), strict=True):
            if rules.must[rule, year_pos]:
                each = max(each, float(per_charger))
    return each
