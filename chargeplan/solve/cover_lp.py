"""The linear relaxation of a cover node, solved again and again as rows are added and sites go.

Nothing that HiGHS says is believed: its dual values are multipliers to try, which
`chargeplan.solve.cover_probe` turns into a bound, and its primal values say where to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import highspy
import numpy as np
import scipy.sparse as sp

from chargeplan.solve.cover_probe import Multipliers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.records import Bools, Floats
    from chargeplan.solve.cover_node import CoverNode, Cut

_LEAST_TIME_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A solution of the relaxation, and its multipliers.

    Parameters
    ----------
    opened : ndarray, shape (n_sites,)
        0 to 1.
    covered : ndarray, shape (n_rows,)
    prices : Multipliers
        With a price for each cut, in the order they were added.
    """

    opened: Floats
    covered: Floats
    prices: Multipliers


class CoverLp:
    """The relaxation: ``z_r <= sum y`` over the sites of a row, count, budget and cuts.

    Parameters
    ----------
    node : CoverNode
    """

    def __init__(self, node: CoverNode) -> None:
        self.n_rows, self.n_sites = node.cover.shape
        self.has_budget = bool(np.isfinite(node.budget))
        self.n_cuts = 0
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        for option, value in (("output_flag", False), ("threads", 1), ("solver", "ipm")):
            self.highs.setOptionValue(option, value)
        self.highs.passModel(self._write(node))
        self.add_cuts(node.cuts)

    def add_cuts(self, cuts: Sequence[Cut]) -> None:
        """Add cuts, to be kept from the next solution on."""
        if not cuts:
            return
        starts, columns, values = [0], [], []
        for cut in cuts:
            columns += list(cut.one_of) + list(cut.unless)
            values += [1.0] * len(cut.one_of) + [-1.0] * len(cut.unless)
            if cut.row >= 0:
                columns.append(self.n_sites + cut.row)
                values.append(1.0)
            starts.append(len(columns))
        count = len(cuts)
        self.highs.addRows(
            count,
            np.full(count, -highspy.kHighsInf),
            np.ones(count),
            len(columns),
            np.array(starts[:-1], dtype=np.int32),
            np.array(columns, dtype=np.int32),
            np.array(values),
        )
        self.n_cuts += count

    def forbid(self, alive: Bools) -> None:
        """Close the sites that are not alive."""
        closed = np.flatnonzero(~alive).astype(np.int32)
        if len(closed):
            nothing = np.zeros(len(closed))
            self.highs.changeColsBounds(len(closed), closed, nothing, nothing)

    def solve(self, time_limit_s: float | None) -> Relaxed | None:
        """Solve, from the last basis; None when HiGHS comes to no dual values."""
        if time_limit_s is not None:
            used_s = self.highs.getRunTime()  # HiGHS counts the time of all runs
            self.highs.setOptionValue("time_limit", used_s + max(time_limit_s, _LEAST_TIME_S))
        self.highs.run()
        self.highs.setOptionValue("solver", "simplex")
        solution = self.highs.getSolution()
        duals = -np.asarray(solution.row_dual, dtype=np.float64)
        values = np.asarray(solution.col_value, dtype=np.float64)
        if not (solution.dual_valid and solution.value_valid and np.isfinite(duals).all()):
            return None
        duals = np.maximum(duals, 0.0)
        tail = self.n_rows + 1
        prices = Multipliers(
            row=duals[: self.n_rows],
            cut=duals[tail + self.has_budget :],
            count=float(duals[self.n_rows]),
            budget=float(duals[tail]) if self.has_budget else 0.0,
        )
        return Relaxed(
            np.clip(values[: self.n_sites], 0.0, 1.0), np.clip(values[self.n_sites :], 0.0, 1.0), prices
        )

    def _write(self, node: CoverNode) -> highspy.HighsLp:
        limits, upper = [np.ones((1, self.n_sites))], [float(node.max_sites)]
        if self.has_budget:
            limits.append(node.cost[None, :])
            upper.append(node.budget)
        rows = sp.hstack([-node.cover, sp.eye_array(self.n_rows)])
        ends = sp.hstack([sp.csr_array(np.concatenate(limits)), sp.csr_array((len(limits), self.n_rows))])
        matrix = sp.csr_array(sp.vstack([rows, ends]))
        model = highspy.HighsLp()
        model.num_row_, model.num_col_ = matrix.shape
        model.col_cost_ = np.concatenate([np.zeros(self.n_sites), -node.weight])
        model.col_lower_ = np.zeros(model.num_col_)
        model.col_upper_ = np.ones(model.num_col_)
        model.row_lower_ = np.full(model.num_row_, -highspy.kHighsInf)
        model.row_upper_ = np.concatenate([np.zeros(self.n_rows), upper])
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = matrix.indptr.astype(np.int32)
        model.a_matrix_.index_ = matrix.indices.astype(np.int32)
        model.a_matrix_.value_ = matrix.data
        return model
