"""Which sites are close to each other, by the cells they share, and groups of close ones picked at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

if TYPE_CHECKING:
    from chargeplan.records import Bools, Ints, PlanProblem


def count_shared_cells(problem: PlanProblem) -> sp.csr_array:
    """Count the cells each two sites have in common, shape (n_sites, n_sites)."""
    uses = sp.csr_array(
        (np.ones(problem.n_pairs), (problem.pair_site, problem.pair_cell)),
        shape=(problem.n_sites, problem.n_cells),
    )
    return sp.csr_array(uses @ uses.T)


def pick_neighbourhood(
    closeness: sp.csr_array, is_live: Bools, rng: np.random.Generator, *, size: int, n_centres: int
) -> Ints:
    """Pick live sites around some centres at random, those that share most cells with them first."""
    live = np.flatnonzero(is_live)
    centres = rng.choice(live, min(len(live), n_centres), replace=False)
    picked = [pick_around(closeness, int(centre), rng, size=size, is_live=is_live) for centre in centres]
    free = np.unique(np.concatenate(picked))
    return np.asarray(free[is_live[free]], dtype=np.int64)


def pick_around(
    closeness: sp.csr_array, centre: int, rng: np.random.Generator, *, size: int, is_live: Bools | None = None
) -> Ints:
    """Pick sites that share most cells with one, and that one; those of `is_live` first."""
    start, end = closeness.indptr[centre], closeness.indptr[centre + 1]
    near = closeness.indices[start:end]
    shared = closeness.data[start:end] * rng.uniform(0.5, 1.0, end - start)
    order = np.argsort(
        -shared if is_live is None else np.where(is_live[near], -shared, np.inf), kind="stable"
    )
    return np.unique(np.append(near[order[:size]], centre)).astype(np.int64)
