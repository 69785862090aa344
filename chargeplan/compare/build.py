"""The comparison of runs that were read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.compare.caveats import find_caveats
from chargeplan.compare.comparable import check_comparable
from chargeplan.compare.records import Comparison
from chargeplan.compare.setting_changes import find_changes
from chargeplan.compare.stations import list_stations

if TYPE_CHECKING:
    from chargeplan.compare.records import ComparedRun


def compare_runs(runs: tuple[ComparedRun, ...]) -> Comparison:
    """Compare runs that speak of the same demand.

    Raises
    ------
    DataError
        With every reason why they cannot be compared.
    """
    check_comparable(runs)
    changes = find_changes(runs)
    return Comparison(runs, changes, find_caveats(changes), list_stations(runs))
