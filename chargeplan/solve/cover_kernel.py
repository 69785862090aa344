"""Which sites of a cover node are worth trying first."""

from __future__ import annotations

import numpy as np

from chargeplan.records import Bools, Floats

KERNEL_SITES = 60


def choose_kernel(opened: Floats, worth: Floats, *, n_sites: int = KERNEL_SITES) -> Bools:
    """Choose the sites that the relaxation opens most, then those of best bound; ties by number."""
    order = np.lexsort((np.arange(len(opened)), -worth, -np.round(opened, 6)))
    chosen = np.zeros(len(opened), dtype=bool)
    chosen[order[:n_sites]] = True
    return chosen
