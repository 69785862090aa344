"""The demand of each year that is planned for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chargeplan.config.settings import Settings
    from chargeplan.records import DemandCells, MapPlaces, RoadNetwork, StudyArea


def build_demand_by_year(
    settings: Settings, area: StudyArea, network: RoadNetwork, places: MapPlaces, years: tuple[int, ...]
) -> tuple[DemandCells, ...]:
    """Build the demand of each year; what is warned of in several of them is told once."""
    from chargeplan.demand.build import build_demand
    from chargeplan.yearly_warnings import YearlyWarnings

    warnings = YearlyWarnings("chargeplan.demand")
    cells = []
    try:
        for year in years:
            with warnings.hold(year):
                cells.append(
                    build_demand(
                        area,
                        network,
                        places,
                        settings.demand,
                        settings.study.zones,
                        year=year,
                        city=settings.study.city,
                        exclusion=settings.sites.exclusion,
                        seed=settings.study.seed,
                    )
                )
    finally:
        warnings.tell()
    return tuple(cells)
