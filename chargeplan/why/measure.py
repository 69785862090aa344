"""Ways between sites of a run: metres as the crow flies, minutes by road."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from scipy.sparse.csgraph import dijkstra

from chargeplan.geo import to_metric
from chargeplan.units import SECONDS_PER_MINUTE

if TYPE_CHECKING:
    from chargeplan.why.answers import ClosedAnswer, Neighbour
    from chargeplan.why.case import RunCase


def measure_neighbour(case: RunCase, site: int, neighbour: Neighbour) -> Neighbour:
    """Measure the way to a neighbour: metres as the crow flies, minutes by road."""
    node, other = case.sites.table["node_pos"].iloc[[site, neighbour.site_pos]].tolist()
    seconds = float(dijkstra(case.network.seconds, indices=node)[other])
    metres = _measure_apart_m(case, site, neighbour.site_pos)
    return replace(neighbour, distance_m=metres, drive_min=seconds / SECONDS_PER_MINUTE)


def measure_closed(case: RunCase, answer: ClosedAnswer) -> ClosedAnswer:
    """Measure how far a closed site is from the open station that serves most of its demand."""
    if answer.reach is None or answer.reach.served_most_by < 0:
        return answer
    return replace(
        answer, served_most_by_m=_measure_apart_m(case, answer.site_pos, answer.reach.served_most_by)
    )


def _measure_apart_m(case: RunCase, site: int, other: int) -> float:
    rows = case.sites.table.iloc[[site, other]]
    x, y = to_metric(rows["lon"].to_numpy(), rows["lat"].to_numpy(), case.area.crs)
    return math.hypot(float(x[1] - x[0]), float(y[1] - y[0]))
