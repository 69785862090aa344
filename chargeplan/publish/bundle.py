"""Everything a run hands to publication."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chargeplan.errors import RecordError
from chargeplan.text import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import shapely

    from chargeplan.grid_assets import GridAssets
    from chargeplan.records import (
        CandidateSites,
        DataSource,
        DemandCells,
        Evaluation,
        PlanProblem,
        PlanRequest,
        RoadNetwork,
        Settlements,
        Solution,
        StudyArea,
        TravelTable,
    )
    from chargeplan.rules.rows import RuleRows


@dataclass(frozen=True, slots=True, eq=False)
class RunBundle:
    """A verified plan with all that led to it.

    Parameters
    ----------
    area, network, cells, sites, travel, request, problem, solution, evaluation : records
        What the stages handed on.
    sources : tuple of DataSource
        Every input file, for the attribution and the checksums.
    settings_as_run : mapping
        The settings as plain JSON data (texts, numbers, lists, mappings).
    run_info : mapping
        Versions, seed, command: plain JSON data that is the same on every run.
    timings : mapping
        What differs between runs (start, seconds by phase, peak memory): plain JSON data.
    year : int
        Year the demand stands for.
    credits : tuple of str
        Further lines of attribution that the planner asked for.
    zone_outlines : sequence of shapely.MultiPolygon or None
        Of each zone of `cells`, EPSG:4326; None for what lies in no zone. Empty where hexagons
        stand in for zones.
    online_tiles : bool
        Offer an online background map, switched off, as a layer.
    earlier_cells : tuple of DemandCells
        Demand of the years before the last one.
    grid : GridAssets or None
    rules : RuleRows or None
        Policy rules, those that are only reported too.
    settlements : Settlements or None
        Names to find one's way on the map by; None for a run that was written before they were kept.
    """

    area: StudyArea
    network: RoadNetwork
    cells: DemandCells
    sites: CandidateSites
    travel: TravelTable
    request: PlanRequest
    problem: PlanProblem
    solution: Solution
    evaluation: Evaluation
    sources: tuple[DataSource, ...]
    settings_as_run: Mapping[str, Any]
    run_info: Mapping[str, Any]
    year: int
    credits: tuple[str, ...] = ()
    timings: Mapping[str, Any] = field(default_factory=dict)
    zone_outlines: Sequence[shapely.MultiPolygon | None] = ()
    online_tiles: bool = False
    earlier_cells: tuple[DemandCells, ...] = ()
    grid: GridAssets | None = None
    rules: RuleRows | None = None
    settlements: Settlements | None = None

    def __post_init__(self) -> None:
        n_cells, n_sites = len(self.cells.cell_id), len(self.sites.table)
        for what, size, expected in (
            ("problem cells", self.problem.n_cells, n_cells),
            ("problem sites", self.problem.n_sites, n_sites),
            ("solution chargers", len(self.solution.chargers), n_sites),
            ("solution pairs", len(self.solution.pair_share), self.problem.n_pairs),
            (
                "outlines of zones",
                len(self.zone_outlines),
                0 if self.cells.zones_are_cells else len(self.cells.zones),
            ),
            ("evaluated cells", len(self.evaluation.cell_served_kwh_day), n_cells),
            ("years of demand", len(self.earlier_cells), max(len(self.solution.slot_chargers) - 1, 0)),
            ("sites of the grid", n_sites if self.grid is None else self.grid.n_sites, n_sites),
            ("sites of the rules", n_sites if self.rules is None else len(self.rules.site_stands), n_sites),
        ):
            if size != expected:
                msg = f"the records of this run do not belong together: {size} {what}, expected {expected}"
                raise RecordError(msg)

    @property
    def config_sha256(self) -> str:
        """SHA-256 of the settings as run, 64 hexadecimal digits."""
        return hashlib.sha256(to_json(dict(self.settings_as_run)).encode()).hexdigest()
