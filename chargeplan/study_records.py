"""What a study rests on before the planning problem is posed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chargeplan.grid_assets import GridAssets
    from chargeplan.records import (
        CandidateSites,
        DataSource,
        DemandCells,
        RoadNetwork,
        Settlements,
        StudyArea,
        TravelTable,
    )


@dataclass(frozen=True, slots=True, eq=False)
class StudyRecords:
    """What a study rests on before the planning problem is posed.

    Parameters
    ----------
    area, network, cells, sites, travel : records
        What the stages handed on.
    sources : tuple of DataSource
        Every input file.
    settlements : Settlements
        Names of places in the box round the area.
    data_limits : tuple of str
        What the road data cannot tell or lack.
    data_date : str
        Of the road data (ISO), or empty when unknown.
    """

    area: StudyArea
    network: RoadNetwork
    cells: DemandCells
    cells_by_year: tuple[DemandCells, ...]
    grid: GridAssets | None
    sites: CandidateSites
    travel: TravelTable
    sources: tuple[DataSource, ...]
    settlements: Settlements
    data_limits: tuple[str, ...]
    data_date: str
