"""Writes changes of the grid, the spacing and single sites."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from chargeplan.errors import name_rows
from chargeplan.rows import count_things
from chargeplan.solve.soft_rows import Limit

if TYPE_CHECKING:
    from chargeplan.linear_model import Ints, LinearModel
    from chargeplan.records import PlanProblem

from chargeplan.solve.impossible_change import Change, ChangeWriter, round_up


class Places(ChangeWriter):
    """Writes changes of the grid, the spacing and single sites."""

    def write_grid(self, amount: dict[int, float]) -> Change:
        """Write a change of headroom."""
        asked = self.problem.limits.asset_headroom_kw
        new = {asset: round_up(float(asked[asset]) + kw, 1) for asset, kw in amount.items()}
        name = self.labels.name_asset
        names = [f"{name(asset)} ({asked[asset]:.10g} kW)" for asset in new]
        advice = ", ".join(f"that of {name(asset)} to {kw:.10g} kW" for asset, kw in new.items())
        cost = sum(amount.values()) / max(sum(float(asked[asset]) for asset in new), 1.0)
        return Change(
            Limit.GRID,
            new,
            cost,
            f"the headroom of the grid asset{'s' if len(new) > 1 else ''} {name_rows(names)}",
            f"raise headroom_kw (or the steps) in the file of grid.path, {advice}",
        )

    def write_spacing(self, amount: dict[int, float]) -> Change:
        """Write a change of the spacing."""
        limits, labels = self.problem.limits, self.labels
        start, asked = limits.clique_start, labels.spacing_m
        sites = np.unique(
            np.concatenate([limits.clique_site[start[clique] : start[clique + 1]] for clique in amount])
        )
        names = name_rows([labels.name_site(int(site)) for site in sites])
        cause = f"the spacing{f' of {asked:g} m' if asked else ''} (more stations than fit are needed around {names})"
        possible_m = self._find_spacing_m()
        advice = (
            "leave model.spacing_m out"
            if possible_m < 1
            else f"lower model.spacing_m from {asked:g} to {possible_m:.0f}"
        )
        cost = 1.0 - possible_m / asked if asked else 1.0
        return Change(Limit.SPACING, {0: possible_m}, cost, cause, advice)

    def _find_spacing_m(self) -> float:
        """Find the largest spacing in whole metres that has a plan, by halving the list of distances."""
        pairs = list_conflicts(self.problem)
        if len(self.labels.site_xy_m) == 0:
            return 0.0
        xy = self.labels.site_xy_m
        metres = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
        steps = np.unique(np.floor(metres))
        low, high = 0, len(steps)
        while high - low > 1:
            middle = (low + high) // 2
            chosen = pairs[metres < steps[middle]]
            if self.elastic.is_possible(self._space(chosen), share=0.3):
                low = middle
            else:
                high = middle
        return float(steps[low])

    def _space(self, pairs: Ints) -> LinearModel:
        """Change the model to other pairs that may not both open, in place of the spacing rows."""
        model, whole = self.elastic.model, self.model
        is_kept = np.ones(whole.n_rows, dtype=np.bool_)
        is_kept[whole.find_rows("spacing")] = False
        kept = np.flatnonzero(is_kept[self.elastic.rows])
        last = self.plan_columns.open_of[-1]
        column = last[pairs]
        column = column[(column >= 0).all(axis=1)]
        at = np.searchsorted(self.elastic.columns, column)
        n_new = len(at)
        row = np.repeat(np.arange(n_new), 2)
        matrix = sp.csr_array((np.ones(2 * n_new), (row, at.ravel())), shape=(n_new, model.n_columns))
        spacing = model.row_families.index("spacing")
        return replace(
            model,
            matrix=sp.csr_array(sp.vstack([model.matrix[kept], matrix], format="csr")),
            row_lower=np.concatenate([model.row_lower[kept], np.full(n_new, -np.inf)]),
            row_upper=np.concatenate([model.row_upper[kept], np.ones(n_new)]),
            row_family=np.concatenate([model.row_family[kept], np.full(n_new, spacing)]),
            row_number=np.concatenate([model.row_number[kept], np.arange(n_new)]),
        )

    def write_power(self, amount: dict[int, float]) -> Change:
        """Write a change of the largest power."""
        limited = self.problem.limits.largest_kw
        asked = float(limited[np.isfinite(limited)].min())
        more = max(amount.values())
        new = round_up(asked + more, 1)
        return Change(
            Limit.POWER,
            {0: new},
            more / asked,
            f"model.largest_station_kw of {asked:.10g}",
            f"raise model.largest_station_kw to {new:.10g}",
        )

    def write_bays(self, amount: dict[int, float]) -> Change:
        """Write a change of bays."""
        bays, name = self.problem.limits.bays, self.labels.name_site
        new = {site: float(bays[site] + round(each)) for site, each in amount.items()}
        names = [f"{name(site)} ({count_things(int(bays[site]), 'bay')})" for site in new]
        advice = [f"{name(site)} to {count:.0f}" for site, count in new.items()]
        cost = sum(amount.values()) / max(float(sum(bays[site] for site in new)), 1.0)
        return Change(
            Limit.BAYS,
            new,
            cost,
            f"the bays of {name_rows(names)}",
            f"raise max_chargers in a file of sites.files, {name_rows(advice)}",
        )

    def write_required(self, amount: dict[int, float]) -> Change:
        """Write a change of the required sites."""
        problem = self.problem
        n_required = int((problem.is_forced_open & problem.is_counted).sum())
        names = name_rows([self.labels.name_site(site) for site in amount])
        return Change(
            Limit.REQUIRED,
            dict.fromkeys(amount, 0.0),
            max(len(amount) / max(n_required, 1), 0.5),
            f"the {count_things(n_required, 'required site')}",
            f"make {count_things(len(amount), 'required site')} a candidate: {names}"
            if len(amount) == 1
            else f"make {count_things(len(amount), 'required site')} candidates: {names}",
        )


def list_conflicts(problem: PlanProblem) -> Ints:
    """List the pairs of sites that may not both open, shape (n_pairs, 2)."""
    start, site = problem.limits.clique_start, problem.limits.clique_site
    pairs = []
    for first, end in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        members = site[first:end]
        left, right = np.triu_indices(len(members), 1)
        pairs.append(np.column_stack([members[left], members[right]]))
    found = np.sort(np.concatenate(pairs), axis=1) if pairs else np.zeros((0, 2), dtype=np.int64)
    return np.unique(found, axis=0)
