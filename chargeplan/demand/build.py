"""The demand stage: hexagons that want energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.attraction import weigh_places
from chargeplan.demand.cells import cover_area, name_cells
from chargeplan.demand.energy import spread_energy
from chargeplan.demand.explain import explain
from chargeplan.demand.fleet import read_fleet
from chargeplan.demand.off_network import refuse_much_off_network
from chargeplan.demand.people import read_people
from chargeplan.demand.people_figures import spread_figures
from chargeplan.demand.periods import PERIOD_HOURS, read_period_shares
from chargeplan.demand.roads import measure_roads
from chargeplan.demand.spread import spread_grid
from chargeplan.demand.zones import assign_zones
from chargeplan.geo import snap_points
from chargeplan.records import DemandCells
from chargeplan.words import ChargingUse, PopulationSource

if TYPE_CHECKING:
    from chargeplan.config.settings import DemandSettings, Population, ZoneSettings
    from chargeplan.demand.attraction import Attraction
    from chargeplan.demand.cells import CellCover
    from chargeplan.demand.people import CellPeople
    from chargeplan.records import Floats, MapPlaces, RoadNetwork, StudyArea


def build_demand(
    area: StudyArea,
    network: RoadNetwork,
    places: MapPlaces,
    settings: DemandSettings,
    zones: ZoneSettings | None,
    *,
    year: int,
    city: str | None = None,
) -> DemandCells:
    """Build the demand cells of a study.

    Cells that neither people nor energy fall to are left out; no person and no kWh is lost
    by that.

    Parameters
    ----------
    area : StudyArea
    network : RoadNetwork
        In the metric CRS of the area.
    places : MapPlaces
        Places of the network file; more are read from `settings.places.paths`.
    settings : DemandSettings
    zones : ZoneSettings or None
        Without it H3 cells of resolution 6 stand in for zones.
    year : int
        Sets the stock of vehicles and how many of them are electric.
    city : str or None
        City whose share of the national stock counts; without it people share it evenly.

    Raises
    ------
    DataError
        When an input file cannot be used (every fault of the file is named), or when more of the
        demand than `settings.max_off_network_share` lies off the network.
    ConfigError
        When the fleet or the figures of the config cannot be used.
    """
    fleet = read_fleet(settings, year=year, city=city)
    period_share = read_period_shares(fleet.names)
    cover = cover_area(area, settings.cell_resolution)
    road_m = measure_roads(network, cover)
    attraction = weigh_places(places, settings.places, cover)
    people = _locate_people(settings.population, area, cover, road_m, attraction)
    energy = spread_energy(people, fleet, _weigh_uses(people, attraction))

    wanted = np.flatnonzero((people.people > 0) | (energy.kwh_day_by_use > 0).any(axis=(1, 2)))
    zoning = assign_zones(zones, cover.cell_key[wanted], cover.lonlat[wanted])
    snap = snap_points(
        network.node_xy_m, network.is_joinable, cover.xy_m[wanted], limit_m=settings.snap_limit_m
    )
    cells = DemandCells(
        cell_id=name_cells(cover.cell_key[wanted]),
        lonlat=cover.lonlat[wanted],
        people=people.people[wanted],
        kwh_day=energy.kwh_day[wanted],
        classes=fleet.names,
        uses=tuple(use.value for use in ChargingUse),
        kwh_day_by_use=energy.kwh_day_by_use[wanted],
        periods=tuple(PERIOD_HOURS),
        period_share=period_share,
        zone_pos=zoning.zone_pos,
        zones=zoning.table,
        zones_are_cells=zoning.are_cells,
        node_pos=snap.node_pos,
        snap_m=snap.distance_m,
        people_in=people.people_in,
        people_outside=people.people_outside,
        kwh_day_in=energy.kwh_day_in,
        kwh_day_outside=energy.kwh_day_outside,
        depot_kwh_day_in=energy.depot_kwh_day_in,
        depot_kwh_day_outside=energy.depot_kwh_day_outside,
        explanation=explain(people.figures, attraction.figures, energy.figures),
    )
    refuse_much_off_network(cells, settings)
    return cells


def _weigh_uses(people: CellPeople, attraction: Attraction) -> Floats:
    """Weigh where each use takes place; a stand-in until the layers say it."""
    at_home = people.people / max(float(people.people.sum()), 1e-300)
    total = float(attraction.weight.sum())
    at_places = attraction.weight / total if total > 0 else np.zeros_like(at_home)
    by_use = {ChargingUse.DESTINATION: at_places, ChargingUse.FAST: at_places}
    return np.column_stack([by_use.get(use, at_home) for use in ChargingUse])


def _locate_people(
    settings: Population, area: StudyArea, cover: CellCover, road_m: Floats, attraction: Attraction
) -> CellPeople:
    if settings.source is PopulationSource.FIGURES:
        return spread_figures(settings, road_m, attraction.weight)
    return spread_grid(read_people(settings, area), cover, road_m)
