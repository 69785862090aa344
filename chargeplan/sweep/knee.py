"""The knee of a curve: beyond it, more money buys much less.

Satopää, Albrecht, Irwin and Raghavan (2011), "Finding a 'Kneedle' in a Haystack: Detecting Knee
Points in System Behavior", ICDCS Workshops, pages 166 to 171: both axes are scaled to 0 to 1, and
the knee is where the curve rises farthest above the straight line from its first to its last point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from chargeplan.records import Floats

METHOD = (
    "the point farthest above the straight line from the first to the last point, both axes scaled to 0 to 1 "
    "(Kneedle, Satopää et al. 2011)"
)
# Our own line between a bend that one sees and a curve that is nearly straight; a quarter circle rises 0.41.
CLEAR_RISE_SHARE = 0.1
_SAME_SHARE = 1e-9


@dataclass(frozen=True, slots=True)
class Knee:
    """Where a curve bends.

    Parameters
    ----------
    pos : int or None
        Point of the curve, None when there is no clear knee.
    rise_share : float
        How far it lies above the straight line, as a share of the whole rise; NaN when not computed.
    rivals : tuple of int
        Points that could be the knee as well when their plans were as good as their bounds.
    reason : str
        Why there is no clear knee; empty when there is.
    """

    pos: int | None
    rise_share: float
    rivals: tuple[int, ...] = ()
    reason: str = ""


def find_knee(money: Floats, served: Floats, bound: Floats) -> Knee:
    """Find the knee of a rising curve.

    Parameters
    ----------
    money, served, bound : ndarray, shape (n,)
        What each point spends, serves, and could serve at best. NaN where there is no plan.
        Points that serve no more than one before them say nothing and are left out.

    Examples
    --------
    >>> served = np.array([10.0, 80.0, 95.0, 100.0])
    >>> find_knee(np.array([1.0, 2.0, 3.0, 4.0]), served, served).pos
    1
    """
    kept = _find_rising(served)
    if len(kept) < 3:
        return Knee(
            None, np.nan, reason=f"a knee needs three points that serve more and more, got {len(kept)}"
        )
    x, y = money[kept], served[kept]
    if not bool(np.all(np.diff(x) > 0)):
        return Knee(None, np.nan, reason="some points serve more for less money")
    width, height = x[-1] - x[0], y[-1] - y[0]
    rise = (y - y[0]) / height - (x - x[0]) / width
    at = int(np.argmax(rise))
    if rise[at] < CLEAR_RISE_SHARE:
        return Knee(
            None,
            float(rise[at]),
            reason=f"the curve is nearly straight: no point rises more than {max(rise[at], 0):.0%} of the whole "
            f"rise above the line from first to last, and less than {CLEAR_RISE_SHARE:.0%} is not clear",
        )
    at_best = rise + (bound[kept] - y) / height
    inner = np.arange(1, len(kept) - 1)
    rivals = inner[(inner != at) & (at_best[inner] >= rise[at])]
    return Knee(int(kept[at]), float(rise[at]), tuple(int(pos) for pos in kept[rivals]))


def _find_rising(served: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Find the points that serve more than all before them."""
    kept: list[int] = []
    for pos in np.flatnonzero(np.isfinite(served)):
        if not kept or served[pos] > served[kept[-1]] * (1 + _SAME_SHARE) + _SAME_SHARE:
            kept.append(int(pos))
    return np.asarray(kept, dtype=np.int64)
