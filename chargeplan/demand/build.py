"""The demand stage: hexagons that want energy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.demand.attraction import read_kind_weights, weigh_places
from chargeplan.demand.cells import cover_area, name_cells
from chargeplan.demand.energy import spread_energy
from chargeplan.demand.explain import Figure, explain
from chargeplan.demand.fleet import read_fleet
from chargeplan.demand.layer import read_layer_figures
from chargeplan.demand.layer_depots import read_depot_weights, weigh_depots
from chargeplan.demand.layer_exclusion import measure_exclusion, tell_demand_there
from chargeplan.demand.layer_industry import weigh_industry
from chargeplan.demand.layer_people import weigh_people
from chargeplan.demand.layer_places import read_dwell_h, weigh_fuel_places, weigh_visits
from chargeplan.demand.layer_traffic import read_flow_by_class, weigh_traffic
from chargeplan.demand.layers import weigh_uses
from chargeplan.demand.off_network import refuse_much_off_network
from chargeplan.demand.people import read_people
from chargeplan.demand.people_figures import read_share_by_places, spread_figures
from chargeplan.demand.people_zones import spread_zones
from chargeplan.demand.periods import PERIOD_HOURS, read_period_shares
from chargeplan.demand.roads import measure_roads
from chargeplan.demand.spread import spread_grid
from chargeplan.demand.zone_names import name_hexagons
from chargeplan.demand.zone_totals import read_zone_totals
from chargeplan.demand.zones import assign_zones, warn_of_no_zone
from chargeplan.errors import DataError, FaultCollector
from chargeplan.geo import snap_points
from chargeplan.land import gather_excluded_land
from chargeplan.records import DemandCells
from chargeplan.words import ChargingUse, LayerName, PopulationSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chargeplan.config.settings import DemandSettings, ExclusionSettings, ZoneSettings
    from chargeplan.demand.attraction import Attraction
    from chargeplan.demand.cells import CellCover
    from chargeplan.demand.energy import CellEnergy
    from chargeplan.demand.layer import Layer
    from chargeplan.demand.layer_depots import Depots
    from chargeplan.demand.layers import UseWeights
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
    exclusion: ExclusionSettings | None = None,
    seed: int = 1,
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
    exclusion : ExclusionSettings or None
        Land where no station can be built; the demand on it is told. Without it none is.
    seed : int
        Of the sample of drives when `settings.traffic` is betweenness.

    Raises
    ------
    DataError
        When an input file cannot be used (every fault of the file is named), or when more of the
        demand than `settings.max_off_network_share` lies off the network.
    ConfigError
        When the fleet or the figures of the config cannot be used.
    """
    fleet = read_fleet(settings, year=year, city=city)
    period_share = read_period_shares(fleet.names, settings.figures)
    cover = cover_area(area, settings.cell_resolution)
    road_m = measure_roads(network, cover)
    attraction = weigh_places(places, settings.places, cover, settings.figures)
    people = _locate_people(settings, area, cover, road_m, attraction)
    layers = _build_layers(network, places, settings, exclusion, cover, people, attraction, seed=seed)
    at_depots = fleet.compute_kwh_day_per_person(people.people_in)[
        :, list(ChargingUse).index(ChargingUse.DEPOT)
    ]
    with_depots = [name for name, kwh_day in zip(fleet.names, at_depots.tolist(), strict=True) if kwh_day > 0]
    depots = weigh_depots(with_depots, attraction, layers[LayerName.TRAFFIC], cover, settings.figures)
    uses = weigh_uses(layers, depots, settings.layers, classes=fleet.names, own=settings.figures)
    energy = spread_energy(people, fleet, uses.weight)

    wanted = np.flatnonzero((people.people > 0) | (energy.kwh_day_by_use > 0).any(axis=(1, 2)))
    zoning = assign_zones(zones, cover.cell_key[wanted], cover.lonlat[wanted])
    if zoning.are_cells:
        zoning = name_hexagons(zoning, cover.xy_m[wanted], people.people[wanted], places, network)
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
        explanation=explain(
            (_tell_study(settings, year=year, city=city),),
            people.figures,
            attraction.figures,
            _explain_layers(layers, cover, people, energy),
            tuple(figure for each in depots.values() for figure in each.layer.figures),
            uses.figures,
            energy.figures,
        ),
        kwh_km=np.array([vehicles.figures["kwh_km"].value for vehicles in fleet.classes]),
        charger_kw=np.array([vehicles.charger_kw for vehicles in fleet.classes]),
        warnings=tuple(_doubt(uses, depots, fleet.names, energy)),
        battery_kwh=np.array([vehicles.figures["battery_kwh"].value for vehicles in fleet.classes]),
    )
    refuse_much_off_network(cells, settings)
    warn_of_no_zone(cells, zones)
    return cells


def check_figure_files(settings: DemandSettings) -> None:
    """Read the tables of figures that say where and when energy is charged, in a blink.

    Raises
    ------
    DataError
        With every fault of every table.
    """
    own, faults = settings.figures, FaultCollector(DataError)
    for read in (
        lambda: read_period_shares((), own),
        lambda: read_kind_weights(settings.places, own),
        lambda: read_dwell_h(settings.places, own),
        lambda: read_flow_by_class(own),
        lambda: read_layer_figures(own),
        lambda: read_depot_weights(own),
        lambda: read_share_by_places(own),
    ):
        try:
            read()
        except DataError as error:
            faults.add_error(error)
    faults.raise_if_any()


def _build_layers(
    network: RoadNetwork,
    places: MapPlaces,
    settings: DemandSettings,
    exclusion: ExclusionSettings | None,
    cover: CellCover,
    people: CellPeople,
    attraction: Attraction,
    *,
    seed: int,
) -> dict[LayerName, Layer]:
    """Build every layer but that of the depots, by its name."""
    layers = [
        weigh_people(people),
        weigh_visits(attraction, settings.places, settings.figures),
        weigh_fuel_places(attraction),
        weigh_traffic(network, cover, people.people, settings.traffic, seed=seed, own=settings.figures),
        weigh_industry(attraction, settings.places, cover, settings.figures),
    ]
    if exclusion is not None:
        layers.append(measure_exclusion(gather_excluded_land(places.land, exclusion), cover))
    return {layer.name: layer for layer in layers}


def _tell_study(settings: DemandSettings, *, year: int, city: str | None) -> Figure:
    """Say which year, city and scenario the demand is of."""
    words = f"{'no city named' if city is None else f'city {city}'}, scenario {settings.scenario}"
    return Figure("year of the demand", float(year), "year", words, "planner")


def _explain_layers(
    layers: Mapping[LayerName, Layer], cover: CellCover, people: CellPeople, energy: CellEnergy
) -> tuple[Figure, ...]:
    """Put the figures of the layers in their order, and what lies on excluded land after them."""
    figures = tuple(figure for layer in layers.values() for figure in layer.figures)
    if LayerName.EXCLUSION not in layers:
        return figures
    kwh_day = energy.kwh_day.sum(axis=1)
    return figures + tell_demand_there(layers[LayerName.EXCLUSION], cover, people.people, kwh_day)


def _doubt(
    uses: UseWeights, depots: Mapping[str, Depots], classes: tuple[str, ...], energy: CellEnergy
) -> Iterator[str]:
    """Tell how much energy lies where it does for want of something better."""
    by_class = energy.kwh_day_by_use.sum(axis=0)
    for number, use in enumerate(ChargingUse):
        if use in uses.lacking:
            kwh_day = float(by_class[:, number].sum())
            yield f"{kwh_day:,.0f} kWh/day of {use} charging lie where people live ({uses.lacking[use]})"
    at_depots = by_class[:, list(ChargingUse).index(ChargingUse.DEPOT)].tolist()
    unknown = [
        depots[name].doubt(name, kwh_day)
        for name, kwh_day in zip(classes, at_depots, strict=True)
        if name in depots and depots[name].lacking
    ]
    if unknown:
        yield (
            f"depots of the study area are not known for {', '.join(unknown)}; give a file of them before you use "
            "these loads (demand.places.paths)"
        )


def _locate_people(
    settings: DemandSettings, area: StudyArea, cover: CellCover, road_m: Floats, attraction: Attraction
) -> CellPeople:
    population = settings.population
    if population.source is PopulationSource.FIGURES:
        return spread_figures(population, road_m, attraction.weight, settings.figures)
    if population.source is PopulationSource.ZONES:
        return spread_zones(read_zone_totals(population.zones), cover, road_m)
    if population.zones is None:
        grid = read_people(population, area)
        return spread_grid(grid, cover, road_m, total_people=population.total_people)
    zones = read_zone_totals(population.zones)
    reach = shapely.union(area.boundary.envelope, shapely.box(*zones.bounds)).bounds
    return spread_grid(read_people(population, area, reach), cover, road_m, zones)
