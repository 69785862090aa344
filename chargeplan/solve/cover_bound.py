"""The Lagrangian dual of maximum coverage: how much of a row each of its sites may claim."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Floats, Ints
from chargeplan.solve.choice import SiteChooser
from chargeplan.solve.reduce import CoverRows

_AVERAGE_WEIGHT = 0.05


class CoverDual:
    """Relax "a row is covered only by an open site" with a multiplier per row, 0 to its weight.

    A row earns its weight less the multiplier; a site earns the multipliers of its rows. The
    sites are then chosen within budget and count by `SiteChooser`.

    Parameters
    ----------
    rows : CoverRows
    """

    def __init__(self, rows: CoverRows) -> None:
        self.rows = rows
        self.by_site = rows.cover.T.tocsr()
        n_sites = rows.cover.shape[1]
        self.upper = rows.row_weight_kwh_day
        self.lower = np.zeros(len(self.upper))
        self.scale = self.upper
        self.chooser = SiteChooser(
            np.arange(n_sites, dtype=np.int64),
            rows.cost_pkr,
            np.zeros(n_sites, dtype=bool),
            budget_pkr=rows.budget_pkr,
            max_sites=rows.max_sites,
        )
        self.open_bound = np.full(n_sites, np.inf)
        self.closed_bound = np.full(n_sites, np.inf)
        self.promise = np.zeros(n_sites)
        self.price = 0.0
        self.picks: list[Ints] = []
        self._best = np.inf

    def guess_multipliers(self) -> Floats:
        """Guess that a row's weight is claimed in full where few of its sites would be open."""
        n_sites = max(1, self.rows.cover.shape[1])
        expected = np.diff(self.rows.cover.indptr) * min(self.rows.max_sites, n_sites) / n_sites
        return np.asarray(self.upper / np.maximum(1.0, expected), dtype=np.float64)

    def evaluate(self, multipliers: Floats) -> tuple[float, Floats]:
        """Compute the bound at some multipliers, and a subgradient."""
        worth = np.asarray(self.by_site @ multipliers, dtype=np.float64)
        choice = self.chooser.choose(worth)
        value = self.rows.base_kwh_day + float(np.sum(self.upper - multipliers)) + choice.value
        opened = np.zeros(len(worth))
        opened[choice.within.entries] += 1.0 - choice.beyond_share
        opened[choice.beyond.entries] += choice.beyond_share
        open_change, closed_change = self.chooser.bound_changes(worth, choice.within)
        np.minimum(self.open_bound, value + open_change, out=self.open_bound)
        np.minimum(self.closed_bound, value + closed_change, out=self.closed_bound)
        self.promise += _AVERAGE_WEIGHT * (opened - self.promise)
        if value < self._best:
            self._best, self.price = value, choice.within.price
            self.picks.append(choice.within.entries)
            del self.picks[:-8]
        return value, self.rows.cover @ opened - 1.0
