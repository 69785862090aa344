"""What is answered about sites and plans: records without any solver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chargeplan.records import Bools, Evaluation, Solution
    from chargeplan.why.reach import Reach

# A plan that serves more by less than this share of the run's is the same plan within rounding.
BETTER_SHARE = 1e-6
RUN_AGAIN = "the plan of the run is not the best one; run the study again with a longer solve.time_limit_s"


class Found(StrEnum):
    """How the search for a plan with one change ended."""

    PLAN = "plan"  # with a plan and a bound
    IMPOSSIBLE = "impossible"  # proven: no plan keeps every limit
    NO_PLAN = "no plan in time"  # nothing found, nothing ruled out
    FAILED = "solver failed"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure that is proven to lie between two others, kWh per day.

    Parameters
    ----------
    least, most : float
        Infinite where nothing is proven.
    """

    least: float
    most: float

    @property
    def is_known(self) -> bool:
        """Tell whether both ends are proven."""
        return math.isfinite(self.least) and math.isfinite(self.most)


UNKNOWN = Interval(-math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The closed site that takes a station's place best when all others stay as they are.

    Parameters
    ----------
    site_pos : int
        -1 when no closed site brings anything.
    chargers : int
        Of the station there.
    loss_kwh_day : float
        What the plan then serves less, weighted by its worth.
    is_proven : bool
        No other closed site takes the place better; false when a limit ended the search.
    distance_m, drive_min : float
        As the crow flies, and by road from the station; NaN when not measured.
    """

    site_pos: int
    chargers: int
    loss_kwh_day: float
    is_proven: bool
    distance_m: float = math.nan
    drive_min: float = math.nan


@dataclass(frozen=True, slots=True)
class SiteAnswer:
    """Why a station stands where it does.

    Parameters
    ----------
    site_pos : int
    chargers : int
    load_kwh_day : float
        Energy that it serves, in the last year.
    alone_cells : int
        Cells that reach no other open station.
    alone_kwh_day, alone_served_kwh_day : float
        Their demand, and what the station serves of it.
    unreplaced_loss_kwh_day : float
        Lost when the station closes and the others stay as they are; NaN when that breaks a limit.
    loss : Interval
        Lost when the station is forbidden and everything else is planned anew; above `least` and
        below `most` for sure. Negative: the plan could be better without it.
    found : Found
        How that search ended.
    neighbour : Neighbour or None
        None when not looked for.
    forced : tuple of str
        Rules that leave no choice.
    note : str
        What else the search brought to light.
    """

    site_pos: int
    chargers: int
    load_kwh_day: float
    alone_cells: int
    alone_kwh_day: float
    alone_served_kwh_day: float
    unreplaced_loss_kwh_day: float
    loss: Interval
    found: Found
    neighbour: Neighbour | None
    forced: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ClosedAnswer:
    """Why a site stays closed.

    Parameters
    ----------
    site_pos : int
    reasons : tuple of str
        The strongest first; empty when only a search with the site forced open can tell.
    can_open : bool
        Nothing but money, room for others or use keeps it closed.
    gain_kwh_day : float
        Most that a station of the largest size there could add to the open ones, were it free; NaN when not
        computed.
    cheapest_pkr : float
        Of its smallest station; infinite when none fits.
    loss : Interval
        What the plan loses when the site is forced open and all else is planned anew.
    found : Found
    reach : Reach or None
        What reaches the site and who serves it.
    served_most_by_m : float
        As the crow flies to the open station that serves most of that; NaN when not measured.
    left_pkr : float
        Money that the plan leaves; infinite without a budget, NaN when not computed.
    """

    site_pos: int
    reasons: tuple[str, ...]
    can_open: bool
    gain_kwh_day: float
    cheapest_pkr: float
    loss: Interval = UNKNOWN
    found: Found = Found.NOT_ASKED
    reach: Reach | None = None
    served_most_by_m: float = math.nan
    left_pkr: float = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Alternative:
    """Another plan that is nearly as good.

    Parameters
    ----------
    solution : Solution
        Its bound is that of the problem.
    is_open : ndarray of bool, shape (n_sites,)
        Its new stations.
    n_different : int
        Sites that are open in it or in the plan, and not in both.
    evaluation : Evaluation or None
        Its figures, recomputed from the records; None without records.
    """

    solution: Solution
    is_open: Bools
    n_different: int
    evaluation: Evaluation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Alternatives:
    """What the search for other plans brought.

    Parameters
    ----------
    plans : tuple of Alternative
    wanted : int
    within_share : float
        Largest loss beside the plan, as a share of it.
    n_differ : int
        Sites in which each differs at least, from the plan and from each other.
    ended : str
        Why there are not more; empty when all were found.
    """

    plans: tuple[Alternative, ...]
    wanted: int
    within_share: float
    n_differ: int
    ended: str = ""
