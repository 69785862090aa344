"""Vehicles, their places and how much they charge."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from chargeplan.config.settings.basics import InputPath, Name, NotNegative, Positive, Section, Share
from chargeplan.config.settings.population import Population
from chargeplan.words import (
    PlaceKind,
    TrafficMethod,
)


class PlacesSettings(Section):
    """Places that draw charging to them."""

    from_network_file: bool = True
    """Read places from the OpenStreetMap file of the network too."""
    paths: list[InputPath] = []
    """Further GeoJSON or GeoPackage files with points and OpenStreetMap tags as columns."""
    weights: dict[PlaceKind, NotNegative] = {}
    """Weight by kind of place; kinds not named keep the weight of data/demand/place_weights.csv."""
    dwell_h: dict[PlaceKind, NotNegative] = {}
    """Hours that a vehicle is parked there; kinds not named keep those of data/demand/place_dwell.csv."""


class VehicleClassSettings(Section):
    """One class of vehicles; a value left out is taken from the fleet files and the scenario."""

    vehicles: NotNegative | None = None
    """Vehicles of this class on the road in `study.year`: in the whole city when `study.city` is given,
    else among all people that the study reads. Replaces the share of the national stock."""
    vehicles_per_1000: NotNegative | None = None
    """The same per 1,000 people; give one of the two."""
    electric_share: Share | None = None
    """Share of the vehicles on the road (not of sales) that is electric in `study.year`."""
    km_day: NotNegative | None = None
    """Kilometres per vehicle and day."""
    kwh_km: NotNegative | None = None
    """Energy per kilometre."""
    battery_kwh: Positive | None = None
    """Energy that a full battery holds."""
    overnight_share: Share | None = None
    """Share of the energy charged in public overnight, by those without a plug at home."""
    destination_share: Share | None = None
    """Share charged where the driver works, shops or visits."""
    fast_share: Share | None = None
    """Share charged fast, on the way."""
    depot_share: Share | None = None
    """Share charged at depots: a fixed load there that no public station can serve."""
    swap_share: Share | None = None
    """Share of the public energy that is taken as swapped batteries, and not at a station."""
    charger_types: list[Name] | None = None
    """Chargers that this class can use."""

    @model_validator(mode="after")
    def _check_vehicles_once(self) -> VehicleClassSettings:
        if self.vehicles is not None and self.vehicles_per_1000 is not None:
            msg = "vehicles and vehicles_per_1000 say the same thing; give one of the two"
            raise ValueError(msg)
        return self


class FleetSettings(Section):
    """Vehicles that turn people into energy."""

    path: InputPath | None = None
    """CSV of figures by vehicle class; default data/fleet/vehicles.csv."""
    scenarios: InputPath | None = None
    """YAML of scenarios; default data/fleet/scenarios.yaml."""
    classes: dict[Name, VehicleClassSettings] = {}
    """Changes to single figures, by class: two_wheeler, three_wheeler, car, taxi, bus, truck."""


class FigureFiles(Section):
    """Your own files of figures, each in place of one of the project; copy that one to begin with."""

    arrivals: InputPath | None = None
    """Arrival profile: share of the energy by period of the day; default data/fleet/arrivals.csv."""
    charger_types: InputPath | None = None
    """Chargers that each class can use; default data/fleet/charger_types.csv."""
    stock: InputPath | None = None
    """Growth, life, survival and recorded electric stock; default data/fleet/stock.csv."""
    sales: InputPath | None = None
    """Vehicles sold in the nation by year; default data/fleet/sales.csv."""
    sharing: InputPath | None = None
    """Rule that shares the national stock; default data/fleet/sharing.csv."""
    city_registrations: InputPath | None = None
    """Registered vehicles of cities and of the nation; default data/fleet/city_registrations.csv."""
    city_electric: InputPath | None = None
    """Electric vehicles counted in a city; default data/fleet/city_electric.csv."""
    policy_targets: InputPath | None = None
    """Stocks that a policy names, for comparison; default data/fleet/policy_targets.csv."""
    recorded: InputPath | None = None
    """Recorded sales and petrol, for comparison; default data/fleet/recorded.csv."""
    place_weights: InputPath | None = None
    """Draw of a place by kind; default data/demand/place_weights.csv."""
    place_dwell: InputPath | None = None
    """Hours that a vehicle is parked at a place by kind; default data/demand/place_dwell.csv."""
    depot_weights: InputPath | None = None
    """Where each class has its depots; default data/demand/depot_weights.csv."""
    traffic_flow: InputPath | None = None
    """Flow of vehicles by road class; default data/demand/traffic_flow.csv."""
    layers: InputPath | None = None
    """Other figures of the layers; default data/demand/layers.csv."""
    people_spread: InputPath | None = None
    """How people without a grid are spread; default data/demand/people_spread.csv."""


class LayerSettings(Section):
    """How much each layer counts where it takes part in a use; only their proportions matter."""

    people: NotNegative = 1.0
    """Where people live."""
    places: NotNegative = 1.0
    """Places, by kind and the time that people spend there; fuel stations, for charging on the way."""
    traffic: NotNegative = 1.0
    """Traffic on main roads."""
    industry: NotNegative = 1.0
    """Industrial zones and estates, as places of work."""


class DemandSettings(Section):
    """Where and how much energy is wanted."""

    cell_resolution: Annotated[int, Field(ge=6, le=10)] = 9
    """H3 resolution of the demand cells (9: about 0.1 km2)."""
    population: Population
    """Where the people come from."""
    places: PlacesSettings = PlacesSettings()
    """Places that draw charging."""
    layers: LayerSettings = LayerSettings()
    """Weights of the layers that say where energy is charged."""
    traffic: TrafficMethod = TrafficMethod.CLASSES
    """How traffic is told: `classes`, length of road times the flow of its class
    (data/demand/traffic_flow.csv), or `betweenness`, fastest drives between sampled points."""
    scenario: Name = "nev-2030"
    """How fast vehicles become electric: today-2026, pave-fy26, nev-2030, nevp-2019, bau,
    outage-stress, or a name of the planner's own file of scenarios."""
    fleet: FleetSettings = FleetSettings()
    """Vehicles."""
    figures: FigureFiles = FigureFiles()
    """Your own files of figures in place of the project's."""
    snap_limit_m: Positive = 1000.0
    """A cell whose centre is farther than this from the nearest node of the network at which a trip
    may start or end is reported, not served. Such nodes stand at crossings and dead ends and about
    every 400 m along a road between them, none on motorways."""
    max_off_network_share: Share = 0.1
    """Largest share of the demand that may lie in such cells; above it the study stops, because the
    road file does not fit the study area."""
