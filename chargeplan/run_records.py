"""The records of a run folder: which there are, and whether stored figures are the computed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chargeplan.errors import DataError, VerificationError
from chargeplan.records import (
    CandidateSites,
    DemandCells,
    Evaluation,
    PlanProblem,
    PlanRequest,
    RoadNetwork,
    Solution,
    StudyArea,
    TravelTable,
)
from chargeplan.store import read_record

if TYPE_CHECKING:
    from pathlib import Path

RECORD_TYPES: dict[str, type] = {
    "area": StudyArea,
    "network": RoadNetwork,
    "demand": DemandCells,
    "sites": CandidateSites,
    "travel": TravelTable,
    "request": PlanRequest,
    "problem": PlanProblem,
    "solution": Solution,
    "evaluation": Evaluation,
}
# What every run publishes beside its records, with its checksum in their manifest; the clocks have none.
PUBLISHED_ALWAYS = (
    "demand.csv",
    "demand_periods.csv",
    "demand_periods_by_cell.csv",
    "economics_by_year.csv",
    "index.html",
    "plan.gpkg",
    "report.html",
    "run.json",
    "sites.geojson",
)


def read_optional_records(folder: Path, request: PlanRequest) -> dict[str, Any]:
    """Read the records that only some runs have: earlier years, grid, rules; fields of `PlanCase`.

    Raises
    ------
    DataError
        When the demand of a year that was planned for is missing.
    """
    from chargeplan.grid_assets import GridAssets
    from chargeplan.rules.rows import RuleRows

    earlier = [f"demand_{year}" for year in request.years[:-1]]
    missing = [name for name in earlier if not (folder / f"{name}.json").is_file()]
    if missing:
        raise DataError(f"{folder}: {', '.join(missing)} missing; run the study again")
    return {
        "earlier_cells": tuple(read_record(folder, name, DemandCells) for name in earlier),
        "grid": read_record(folder, "grid", GridAssets) if (folder / "grid.json").is_file() else None,
        "rules": read_record(folder, "rules", RuleRows) if (folder / "rules.json").is_file() else None,
    }


def compare_evaluations(stored: Evaluation, computed: Evaluation) -> None:
    """Refuse a run whose stored figures are not those that its records give.

    Raises
    ------
    VerificationError
        With each table of figures that differs and where it does first.
    """
    faults = []
    names = (
        "metrics",
        "zones",
        "sites",
        "travel_histogram",
        "economics",
        "site_economics",
        "economics_by_year",
        "years",
        "station_years",
        "zone_years",
        "grid_years",
        "rule_places",
    )
    for name in names:
        try:
            pd.testing.assert_frame_equal(
                getattr(stored, name), getattr(computed, name), check_dtype=False, rtol=1e-9, atol=1e-9
            )
        except AssertionError as error:
            faults.append(f"  {name}: {' '.join(str(error).split())}")
    if not np.allclose(stored.cell_served_kwh_day, computed.cell_served_kwh_day, rtol=1e-9, atol=1e-9):
        faults.append("  energy served in cells")
    if faults:
        raise VerificationError("\n".join(["stored figures differ from the recomputed ones:", *faults]))
