"""What a plan of a study must respect beside its own settings, and the names of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.errors import InfeasibleError

if TYPE_CHECKING:
    from chargeplan.config.settings import Settings
    from chargeplan.model.stages import Surroundings
    from chargeplan.plan_labels import PlanLabels
    from chargeplan.records import DemandCells, Floats, PlanProblem, PlanRequest
    from chargeplan.study_records import StudyRecords


def label_study(
    settings: Settings, records: StudyRecords, request: PlanRequest, problem: PlanProblem
) -> PlanLabels:
    """Name the sites, zones, grid assets and rules of a study's problem."""
    from chargeplan.model.labels import label_plan

    around = build_surroundings(settings, records)
    return label_plan(
        problem,
        request,
        records.cells,
        records.sites,
        around,
        crs=records.area.crs,
        floor_share=settings.model.equity.floor_share,
    )


def build_surroundings(settings: Settings, records: StudyRecords) -> Surroundings:
    """Build what a plan must respect beside its own settings: grid, policy rules, spacing.

    Raises
    ------
    ConfigError, DataError
        When a pack of rules cannot be used.
    InfeasibleError
        When a required site breaks the spacing.
    """
    from chargeplan.config.rule_packs import read_study_rules
    from chargeplan.model.spacing import build_site_spacing, describe_clashes
    from chargeplan.model.stages import Surroundings
    from chargeplan.rules.build import build_rule_rows

    cells, sites, model = records.cells, records.sites, settings.model
    spacing = rules = None
    if model.spacing_m is not None:
        spacing = build_site_spacing(sites, model.spacing_m, crs=records.area.crs)
        clashes = describe_clashes(spacing, sites, key="model.spacing_m")
        if clashes:
            raise InfeasibleError("\n".join(clashes))
    packs = read_study_rules(model)
    if packs:
        rules = build_rule_rows(
            packs,
            cells,
            sites,
            crs=records.area.crs,
            years=tuple(each.year for each in model.years) or (settings.study.year,),
            vehicles=np.array([count_electric_vehicles(each) for each in records.cells_by_year]),
            may_open=None if spacing is None else ~spacing.is_blocked,
        )
    return Surroundings(records.grid, rules, spacing)


def count_electric_vehicles(cells: DemandCells) -> Floats:
    """Read the electric vehicles of each class from the account of the demand, shape (n_classes,)."""
    rows = cells.explanation.set_index("step")["value"]
    return np.array([float(rows.get(f"{name}: electric vehicles", np.nan)) for name in cells.classes])
