"""A finished run that questions are asked about, the questions, and what was found out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.errors import DataError
from chargeplan.run_records import PUBLISHED_ALWAYS, RECORD_TYPES
from chargeplan.store import check_published, check_records, read_record
from chargeplan.sweep.measure import name_energy
from chargeplan.text import clean_text, show_name
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.records import (
        CandidateSites,
        DemandCells,
        PlanProblem,
        PlanRequest,
        RoadNetwork,
        Solution,
        StudyArea,
        TravelTable,
    )
    from chargeplan.why.answers import Alternatives, ClosedAnswer, SiteAnswer

CASE_RECORDS = tuple(name for name in RECORD_TYPES if name != "evaluation")


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked about a run.

    Parameters
    ----------
    sites : tuple of str
        Site ids, open or closed; every one is searched for. Empty: all new stations.
    closed : bool
        Every closed site too, by arithmetic alone.
    alternatives : int
        How many other plans are wanted; alone, no site is asked about.
    within_share : float
        Largest loss of an alternative, as a share of the plan.
    n_differ : int
        Sites in which alternatives differ at least.
    limit_s : float
        For one search.
    """

    sites: tuple[str, ...] = ()
    closed: bool = False
    alternatives: int = 0
    within_share: float = 0.01
    n_differ: int = 2
    limit_s: float = 10.0

    @property
    def wants_all_new(self) -> bool:
        """Tell whether every new station is asked about."""
        return not self.sites and not self.closed and self.alternatives == 0


@dataclass(frozen=True, slots=True, eq=False)
class RunCase:
    """The records of a run that its questions need."""

    area: StudyArea
    network: RoadNetwork
    cells: DemandCells
    sites: CandidateSites
    travel: TravelTable
    request: PlanRequest
    problem: PlanProblem
    solution: Solution

    def name_site(self, site: int) -> str:
        """Name a site by its id, with its name where it has one."""
        row = self.sites.table.iloc[site]
        site_id = str(row["site_id"])
        name = clean_text(show_name(row.to_dict(), site_id))
        return site_id if name == site_id else f"{site_id} ({name})"

    @property
    def unit(self) -> str:
        """Unit of what the plan maximises, named where it is not the energy served in the last year."""
        return name_energy(
            is_graded=bool(np.any(self.problem.pair_quality < 1.0)),
            has_years=self.problem.staging.n_years > 1,
        )

    @property
    def served_kwh_day(self) -> float:
        """Energy that the plan serves, in the last year."""
        demand = self.problem.demand_kwh_day[self.problem.pair_cell]
        return float(demand @ self.solution.pair_share)

    def name_zone(self, zone: int) -> str:
        """Name a zone."""
        return clean_text(self.cells.zones["zone_name"].iloc[zone])


@dataclass(frozen=True, slots=True, eq=False)
class RunAnswers:
    """What was found out about a run.

    Parameters
    ----------
    case : RunCase
    questions : Questions
    opens : list of SiteAnswer
    closed : list of ClosedAnswer
    removed : list of (str, str)
        Asked sites that were never offered, and why.
    alternatives : Alternatives or None
    was_stopped : bool
        Ctrl-C ended the search; what is here was finished before.
    """

    case: RunCase
    questions: Questions
    opens: list[SiteAnswer] = field(default_factory=list)
    closed: list[ClosedAnswer] = field(default_factory=list)
    removed: list[tuple[str, str]] = field(default_factory=list)
    alternatives: Alternatives | None = None
    was_stopped: bool = False


def read_case(folder: Path) -> RunCase:
    """Read the records of a run.

    Raises
    ------
    DataError
        When they or the published files beside them are incomplete or changed, or the plan was made
        for a least cost.
    """
    records_folder = folder / "records" if (folder / "records").is_dir() else folder
    check_records(records_folder)
    if records_folder != folder:
        check_published(records_folder, needed=PUBLISHED_ALWAYS)
    records: dict[str, Any] = {
        name: read_record(records_folder, name, RECORD_TYPES[name]) for name in CASE_RECORDS
    }
    records["cells"] = records.pop("demand")
    case = RunCase(**records)
    if case.problem.objective is PlanObjective.COST:
        raise DataError(
            f"{folder}: a plan of least cost; this command speaks of demand served, so run the study with "
            f"model.objective served"
        )
    return case
