"""What a planner can set: one frozen section per stage, read by every stage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from chargeplan.country import is_swapped, order_box
from chargeplan.files import DEVICE_NAMES
from chargeplan.units import DEFAULT_BUFFER_KM
from chargeplan.words import (
    LandKind,
    PlaceKind,
    PlanMode,
    PlanObjective,
    PopulationSource,
    ServiceRule,
    SiteStatus,
    TrafficMethod,
)

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]
# A path is a text in YAML; the loader makes it absolute (relative to the config file, or to
# the working folder when it came from --set) before these models see it.
InputPath = Annotated[Path, Field(strict=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, le=1e15)]
NotNegative = Annotated[float, Field(ge=0, le=1e15)]
Count = Annotated[int, Field(ge=1, le=1_000_000)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


def make_rule_path(name: object) -> str | Path:
    """Make a path of the name of a rule pack that is a file: with a folder or an ending of YAML.

    Examples
    --------
    >>> make_rule_path("in-mop-2022")
    'in-mop-2022'
    >>> make_rule_path("own.yaml").name
    'own.yaml'
    """
    if not isinstance(name, str) or not name.strip():
        raise PydanticCustomError("string_type", "expected the name of a rule pack or a path")
    is_file = name.casefold().endswith((".yaml", ".yml")) or "/" in name or "\\" in name
    return Path(name) if is_file else name


RulePackName = Annotated[
    str | Path, PlainValidator(make_rule_path), WithJsonSchema({"type": "string", "format": "rule-pack"})
]


class Section(BaseModel):
    """Base of all sections: frozen, strict, no unknown keys, no NaN."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class CircleSettings(Section):
    """A circle on the map."""

    lon: Longitude
    """Longitude of the centre, degrees east."""
    lat: Latitude
    """Latitude of the centre, degrees north."""
    radius_km: Positive
    """Radius in kilometres."""


class AreaSettings(Section):
    """The study area: exactly one of box, polygon or circle."""

    box: Annotated[list[float], Field(min_length=4, max_length=4)] | None = None
    """West, south, east, north in degrees."""
    polygon: InputPath | None = None
    """A vector file (GeoJSON, GeoPackage, ...) with a CRS; its polygons are united."""
    circle: CircleSettings | None = None
    """Centre and radius."""

    @model_validator(mode="after")
    def _check_exactly_one(self) -> AreaSettings:
        given = [name for name in ("box", "polygon", "circle") if getattr(self, name) is not None]
        if len(given) != 1:
            msg = f"give exactly one of box, polygon, circle; got {', '.join(given) or 'none'}"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _check_order(self) -> AreaSettings:
        if self.box is not None:
            west, south, east, north = self.box
            meant = order_box(self.box)
            if not (west < east and south < north) or meant not in (None, self.box):
                hint = f"; write {meant}" if meant is not None else ""
                msg = f"box: got {self.box}; expected west, south, east, north in degrees{hint}"
                raise ValueError(msg)
        circle = self.circle
        if circle is not None and is_swapped(circle.lon, circle.lat):
            msg = (
                f"circle: got lon {circle.lon}, lat {circle.lat}, which is lat and lon in Pakistan; write "
                f"{{lon: {circle.lat}, lat: {circle.lon}, radius_km: {circle.radius_km}}}"
            )
            raise ValueError(msg)
        return self


class ZoneSettings(Section):
    """A polygon layer whose features are the zones of the report (districts, tehsils, wards)."""

    path: InputPath
    """A vector file with a CRS."""
    id_column: Text
    """Column with a unique id for each zone."""
    name_column: Text
    """Column with the name to show."""


class StudySettings(Section):
    """What is studied."""

    name: Name
    """Short name; the folder under `publish.folder` gets it. Letters, digits, - and _ only."""
    title: Text
    """Title of the map and the report."""
    year: Annotated[int, Field(ge=2026, le=2040)]
    """Year that is planned for; it sets the stock of vehicles and how many of them are electric."""
    city: Name | None = None
    """City of data/cities.yaml whose share of the national stock, tariff and outages count; without it
    the people of the study share the national stock evenly."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    """Seed of every random choice."""
    area: AreaSettings
    """Where demand is counted and sites may stand."""
    zones: ZoneSettings | None = None
    """Zones for district results; without it H3 cells of resolution 6 stand in."""
    credits: Annotated[list[Text], Field(max_length=10)] = []
    """Who else must be named on the map: the sources of your own layers, such as a population grid."""
    schematic: bool = False
    """True when the streets are drawn from a plan and not surveyed; every output then says so."""

    @model_validator(mode="after")
    def _check_name_is_a_folder_everywhere(self) -> StudySettings:
        if self.name.casefold() in DEVICE_NAMES:
            msg = f"name must not be a device of Windows ({self.name}); choose another"
            raise ValueError(msg)
        return self


class NetworkSettings(Section):
    """The road network."""

    path: InputPath
    """OpenStreetMap file (.osm.pbf, .osm, .osm.gz, .osm.bz2), Overpass answer (.json, .json.gz) or street
    graph saved by osmnx (.graphml, .gpkg); see docs/explanation/road-files.md."""
    buffer_km: Annotated[float, Field(ge=0, le=50)] = DEFAULT_BUFFER_KM
    """Roads are read this far beyond the study area, so that its edge does not cut trips short."""
    speed_factor: Annotated[float, Field(gt=0, le=1.5)] = 0.7
    """Driven speed as a share of the free speed (signals, traffic). Assumption, no source found."""
    speeds: InputPath | None = None
    """CSV of free speeds by road class; default data/network/speeds.csv."""


class ZoneFigure(Section):
    """The people of one zone."""

    zone: Text
    """Id of its polygon in the column `id_column`."""
    people: NotNegative
    """Number of people."""
    source: Text
    """Where the figure comes from, with its year."""


class ZoneTotals(Section):
    """Totals of people by zone, kept exactly, and the polygons of the zones."""

    path: InputPath
    """A vector file of polygons with a CRS, such as tehsils or wards."""
    id_column: Text
    """Column that tells the zones apart; with `census`, their names."""
    people_column: Text | None = None
    """Column with the people of each zone."""
    census: Literal["tehsil", "district"] | None = None
    """Take the people from the census 2023 in data/cities.yaml, by the names in `id_column`."""
    district_column: Text | None = None
    """With `census: tehsil`, column with the district, for names that several districts use."""
    figures: Annotated[list[ZoneFigure], Field(max_length=1000)] = []
    """The people of each zone, one by one."""

    @model_validator(mode="after")
    def _check_one_source(self) -> ZoneTotals:
        given = [name for name in ("people_column", "census", "figures") if getattr(self, name)]
        if len(given) != 1:
            msg = f"give exactly one of people_column, census, figures; got {', '.join(given) or 'none'}"
            raise ValueError(msg)
        if self.district_column is not None and self.census != "tehsil":
            msg = "district_column goes with census: tehsil; drop it"
            raise ValueError(msg)
        return self


class PopulationGrid(Section):
    """How many people a grid stands for; the grid itself says where they live."""

    total_people: Positive | None = None
    """People of the study area; the whole grid is multiplied so that it counts them there."""
    zones: ZoneTotals | None = None
    """Totals by zone to which this finer grid is raked."""

    @model_validator(mode="after")
    def _check_total_once(self) -> PopulationGrid:
        if self.zones is not None and self.total_people is not None:
            msg = "zones and total_people both say how many people there are; give one of the two"
            raise ValueError(msg)
        return self


class PopulationPoints(PopulationGrid):
    """People from a point layer, such as a population grid exported as points."""

    source: Literal[PopulationSource.POINTS]
    path: InputPath
    """A vector file with points and a CRS."""
    column: Text
    """Column with the number of people of each point."""
    square_m: Positive | None = None
    """Side of the square each point stands for; without it, found from the spacing of the points."""


class PopulationRaster(PopulationGrid):
    """People from a GeoTIFF whose pixels hold counts of people."""

    source: Literal[PopulationSource.RASTER]
    path: InputPath
    """A GeoTIFF with a CRS."""
    band: Count = 1
    """Band with the counts."""


class PopulationCsv(PopulationGrid):
    """People from a CSV grid."""

    source: Literal[PopulationSource.CSV]
    path: InputPath
    """A CSV file with a header line, UTF-8."""
    lon_column: Text = "lon"
    """Column with longitudes (EPSG:4326)."""
    lat_column: Text = "lat"
    """Column with latitudes (EPSG:4326)."""
    column: Text = "people"
    """Column with the number of people of each row."""
    h3_column: Text | None = None
    """Column with H3 cells (such as `h3` in the sets of Kontur) in place of longitudes and latitudes."""
    square_m: Positive | None = None
    """Side of the square each row stands for; without it, found from the spacing of the points."""


class PopulationFigure(Section):
    """A figure for a part of the study area that has no polygon."""

    name: Text
    """What the figure counts, such as a tehsil."""
    people: NotNegative
    """Number of people."""
    share_in_area: Share = 1.0
    """Share of these people who live in the study area; the rest is reported as outside."""
    source: Text
    """Where the figure comes from, with its year."""


class PopulationFigures(Section):
    """Totals, spread over the cells by road length and places."""

    source: Literal[PopulationSource.FIGURES]
    figures: Annotated[list[PopulationFigure], Field(min_length=1, max_length=1000)]
    """The totals; their sum is spread."""


class PopulationZones(Section):
    """Totals of zones, spread over the roads inside each zone; for want of a grid."""

    source: Literal[PopulationSource.ZONES]
    zones: ZoneTotals
    """The totals and the polygons they belong to."""


Population = Annotated[
    PopulationPoints | PopulationRaster | PopulationCsv | PopulationFigures | PopulationZones,
    Field(discriminator="source"),
]


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


class SiteFileSettings(Section):
    """A file of sites."""

    path: InputPath
    """GeoJSON, GeoPackage, CSV (columns lon, lat) or an export of Open Charge Map (JSON or CSV)."""
    status: SiteStatus
    """What these sites are. A column `status` in the file overrides it row by row."""


class ExclusionSettings(Section):
    """Land where no station can be built. Candidates on it are removed; demand there stays and is told."""

    from_network_file: bool = True
    """Read such land from the OpenStreetMap file of the network too."""
    kinds: list[LandKind] = [
        LandKind.MILITARY,
        LandKind.CEMETERY,
        LandKind.FOREST,
        LandKind.WATER,
        LandKind.QUARRY,
        LandKind.LANDFILL,
    ]
    """Kinds of land that are excluded, of the map and of `paths`."""
    paths: list[InputPath] = []
    """Polygons of the planner, excluded whole; a column `kind` with a word of the kinds is shown."""

    @model_validator(mode="after")
    def _check_industry_stays(self) -> ExclusionSettings:
        if LandKind.INDUSTRIAL in self.kinds or LandKind.PLANNER in self.kinds:
            msg = "kinds may not hold industrial (it is demand) or planner (always excluded)"
            raise ValueError(msg)
        return self


class SitesSettings(Section):
    """Where stations can stand."""

    from_network_file: bool = True
    """Take candidates from the OpenStreetMap file of the network too."""
    kinds: list[PlaceKind] = [
        PlaceKind.FUEL,
        PlaceKind.PARKING,
        PlaceKind.MALL,
        PlaceKind.SUPERMARKET,
        PlaceKind.HOSPITAL,
        PlaceKind.UNIVERSITY,
        PlaceKind.BUS_STATION,
        PlaceKind.HOTEL,
        PlaceKind.INDUSTRIAL_ESTATE,
    ]
    """Kinds of OpenStreetMap places offered as candidates."""
    exclusion: ExclusionSettings = ExclusionSettings()
    """Land where no station can be built."""
    existing_from_osm: bool = True
    """Take `amenity=charging_station` as existing stations."""
    paths: list[InputPath] = []
    """Further GeoJSON or GeoPackage files of places with OpenStreetMap tags as columns."""
    files: list[SiteFileSettings] = []
    """Files of the planner with sites and their status."""
    min_spacing_m: NotNegative = 300.0
    """New candidates closer than this to a kept site are removed, the lower-ranked kind first."""
    snap_limit_m: Positive = 250.0
    """A candidate farther than this from the nearest node of the network at which a trip may start or
    end is removed and listed, an existing or competing station is left out with a warning, and a required
    site stops the study. Such nodes stand at crossings and dead ends and about every 400 m along a road
    between them, none on motorways."""
    costs: InputPath | None = None
    """CSV of fixed cost and bays by kind of site; default data/costs/sites.csv."""
    fixed_cost_pkr: dict[PlaceKind, NotNegative] = {}
    """Changes to single fixed costs."""


class GridSettings(Section):
    """The electricity grid as a tree of headroom: feeders below transformers below substations."""

    path: InputPath
    """CSV (columns id, parent, lon, lat, headroom_kw, step_kw, step_pkr) or vector layer of the assets;
    see docs/how-to/grid-headroom.md."""
    links: InputPath | None = None
    """CSV with the columns site_id and feeder_id, for sites whose asset is known; a file of sites.files
    with these columns will do. Other sites hang on the nearest asset that feeds no other."""
    max_distance_m: Positive = 1000.0
    """A site farther than this from the nearest such asset hangs on none, and its headroom is unknown.
    Assumption, no source found."""
    unknown_headroom_pkr_kw: NotNegative | None = None
    """Risk charged for new load where headroom is unknown, PKR per kW; default data/costs/grid.csv."""


class TravelSettings(Section):
    """How far a driver goes for a charge."""

    limit_min: Annotated[float, Field(gt=0, le=240)] = 10.0
    """Longest drive from a cell to a station, in minutes."""
    block_sites: Count = 64
    """Sites per block of the shortest-path search; bounds the memory."""


class BandSettings(Section):
    """A travel-time band: a drive up to this long is worth this much."""

    up_to_min: Positive
    """Upper end of the band, in minutes (inclusive)."""
    quality: Share
    """Worth of demand served within the band, 1 for full."""


class ServiceSettings(Section):
    """What limits the energy that a number of chargers delivers in a day."""

    rule: ServiceRule = ServiceRule.UTILISATION
    """`utilisation`: `max_utilisation` of the opening hours, whatever the number of chargers. The others hold
    in the busiest hour of the day, as a queue does: `blocked`, share of drivers who find every charger busy and
    leave (Erlang B); `waiting`, share of drivers who must wait (Erlang C); `long_wait`, share of
    drivers who wait longer than `wait_share` of a charge."""
    target_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Largest such share of drivers. Assumption, no source found."""
    wait_share: Annotated[float, Field(gt=0, le=10)] = 0.25
    """What is a long wait, as a share of the mean duration of a charge."""


class ChargerSettings(Section):
    """The charger that stations are built of."""

    power_kw: Positive = 60.0
    """Rated power of one charger."""
    cost_pkr: NotNegative | None = None
    """Price of one charger, installed; without it, from data/costs/chargers.csv by power."""
    hours_day: Annotated[float, Field(gt=0, le=24)] = 16.0
    """Hours a day in which a charger can be used. Assumption, no source found."""
    max_utilisation: Annotated[float, Field(gt=0, le=1)] = 0.35
    """Largest share of those hours in which a charger is busy. Assumption, no source found."""
    outage_hours_day: Annotated[float, Field(ge=0, le=23)] | None = None
    """Hours a day without power from the grid, spread evenly over the day; they stop the chargers of
    sites whose feeder is not exempt and that have no storage. Without it, those of the company that
    supplies `study.city` (data/outage/hours.csv), or 0 when no city is given. A scenario may multiply
    them, as outage-stress does."""
    levels: Annotated[list[Count], Field(min_length=1, max_length=20)] = [1, 2, 4, 6, 8, 12]
    """Numbers of chargers a station may have."""
    service: ServiceSettings = ServiceSettings()
    """What limits the energy that a number of chargers delivers."""

    @model_validator(mode="after")
    def _check_levels_rise(self) -> ChargerSettings:
        if sorted(set(self.levels)) != self.levels:
            msg = f"levels must rise without repeats; got {self.levels}"
            raise ValueError(msg)
        return self


class ChargerTypeSettings(Section):
    """One of several charger types that a station may mix."""

    name: Name
    """Short name, such as slow or fast."""
    power_kw: Positive
    """Rated power of one charger."""
    cost_pkr: NotNegative | None = None
    """Price of one charger, installed; without it, from data/costs/chargers.csv by power."""
    levels: Annotated[list[Count], Field(min_length=1, max_length=20)] = [1, 2, 4, 6, 8, 12]
    """Numbers of such chargers a station may have, beside none."""


class YearSettings(Section):
    """A year to plan for; what is built in it stays."""

    year: Annotated[int, Field(ge=2026, le=2040)]
    """Calendar year; sets the demand."""
    budget_pkr: NotNegative | None = None
    """Money that comes in this year; what is left of it goes over into the next one."""
    max_sites: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Most new stations by this year, those of the years before included."""
    weight: Positive = 1.0
    """Weight of the demand served in this year beside the other years."""


class EquitySettings(Section):
    """Fairness between the zones of `study.zones`."""

    floor_share: Share | None = None
    """Least share of each zone's demand that must be served, in every year."""
    zone_floor_share: dict[Text, Share] = {}
    """The same for zones named by their zone_id, in place of `floor_share`."""
    gini_cap: Annotated[float, Field(gt=0, le=1)] | None = None
    """Largest Gini coefficient of the served shares of zones, weighted by their demand: 0 is all alike."""


class ModelSettings(Section):
    """The planning problem."""

    mode: PlanMode
    """`cover`: where to stand, stations of one size. `allocate`: where and how many chargers."""
    budget_pkr: Positive | None = None
    """Largest total cost of new sites and chargers."""
    max_sites: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Largest number of new sites (required ones count, existing ones do not)."""
    nearest_sites: Count | None = None
    """A cell may use only its nearest so many sites; part of the stated problem."""
    bands: Annotated[list[BandSettings], Field(max_length=10)] = []
    """Travel-time bands; without them every drive within `travel.limit_min` is worth 1."""
    station_chargers: Count = 4
    """Chargers of every station in `cover` mode; sets its cost."""
    charger: ChargerSettings = ChargerSettings()
    """The charger."""
    chargers: Annotated[list[ChargerTypeSettings], Field(max_length=3)] = []
    """Several charger types, which stations may mix, in place of the power, price and levels of `charger`.
    Each vehicle class then charges only where it can (data/fleet/charger_types.csv)."""
    years: Annotated[list[YearSettings], Field(max_length=15)] = []
    """Several years, each with its money, in place of `budget_pkr` and `max_sites`; the last one
    is `study.year`."""
    objective: PlanObjective = PlanObjective.SERVED
    """`served`: most demand, weighted by its worth. `worst_zone`: first the largest served share of the
    worst-served zone, then most demand. `cost`: least money for `target_share`; budgets, when given, are
    ceilings."""
    target_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the demand left by competitors that must be served in every year, weighted by its worth by
    driving time, when the objective is `cost`."""
    equity: EquitySettings = EquitySettings()
    """Fairness between zones."""
    spacing_m: Positive | None = None
    """Least straight-line distance of two new stations, and of a new one from an existing one."""
    least_station_kw: Positive | None = None
    """Least power of a new station."""
    largest_station_kw: Positive | None = None
    """Largest power of a new station: what a connection bears."""
    backup_share: Share = 0.0
    """Least share of the demand that must reach two open stations, against load shedding."""
    rules: Annotated[list[RulePackName], Field(max_length=20)] = []
    """Policy rules that the plan keeps: names of packs in data/rules, or paths of your own; rules that a pack
    only reports stay so. See docs/how-to/policy-rules.md."""
    reported_rules: Annotated[list[RulePackName], Field(max_length=20)] = []
    """Packs of which every rule is only reported, kept or not."""

    @model_validator(mode="after")
    def _check_limits(self) -> ModelSettings:
        self._check_years()
        self._check_only_allocate()
        is_limited = self.budget_pkr is not None or self.max_sites is not None
        if not is_limited and not self.years and self.objective is not PlanObjective.COST:
            msg = "give budget_pkr, max_sites or both; without a limit every site would open"
            raise ValueError(msg)
        ends = [band.up_to_min for band in self.bands]
        qualities = [band.quality for band in self.bands]
        if sorted(set(ends)) != ends:
            msg = f"bands must rise in up_to_min without repeats; got {ends}"
            raise ValueError(msg)
        if sorted(qualities, reverse=True) != qualities:
            msg = f"bands must not rise in quality; got {qualities}"
            raise ValueError(msg)
        return self

    def _check_years(self) -> None:
        years = [each.year for each in self.years]
        if sorted(set(years)) != years:
            msg = f"years must rise without repeats; got {years}"
            raise ValueError(msg)
        if self.years and (self.budget_pkr is not None or self.max_sites is not None):
            msg = "years have budgets and limits of their own; leave budget_pkr and max_sites out"
            raise ValueError(msg)
        is_limited = any(each.budget_pkr is not None or each.max_sites is not None for each in self.years)
        if self.years and not is_limited and self.objective is not PlanObjective.COST:
            msg = "give budget_pkr, max_sites or both in years; without a limit every site would open"
            raise ValueError(msg)
        budgets = [each.budget_pkr is None for each in self.years]
        if any(budgets) and not all(budgets):
            msg = "give budget_pkr for every one of years (0 where no money comes in) or for none"
            raise ValueError(msg)
        names = [each.name for each in self.chargers]
        if len(set(names)) != len(names):
            msg = f"chargers must have different names; got {names}"
            raise ValueError(msg)

    def _check_only_allocate(self) -> None:
        """Refuse in cover mode what needs sizes and capacities, and goals without their figure."""
        if self.mode is PlanMode.COVER:
            given = {
                "chargers": bool(self.chargers),
                "years": bool(self.years),
                "objective: worst_zone": self.objective is PlanObjective.WORST_ZONE,
                "equity": self.equity != EquitySettings(),
                "least_station_kw": self.least_station_kw is not None,
                "largest_station_kw": self.largest_station_kw is not None,
                "backup_share": self.backup_share > 0,
            }
            wrong = [name for name, is_given in given.items() if is_given]
            if wrong:
                msg = f"{', '.join(wrong)} need mode allocate; cover mode knows neither sizes nor years"
                raise ValueError(msg)
        if (self.objective is PlanObjective.COST) != (self.target_share is not None):
            msg = "target_share and objective: cost go together; give both or neither"
            raise ValueError(msg)


class EconomicsSettings(Section):
    """Prices, costs and factors of the economics; what is left out comes from data/tariff and data/costs."""

    tariff_category: Text = "A-2(d)"
    """Tariff of data/tariff/ev_tariff.csv at which stations buy: A-2(d) or A-2(d) until 2025."""
    tariff_pkr_kwh: NotNegative | None = None
    """All-in price of the energy that stations buy, PKR per kWh, with taxes."""
    fixed_charge_pkr_kw_month: NotNegative | None = None
    """Fixed charge of the connection, PKR per kW and month."""
    retail_price_pkr_kwh: NotNegative | None = None
    """Price that drivers pay, PKR per kWh."""
    discount_rate_share: Annotated[float, Field(ge=0, le=1)] | None = None
    """Yearly discount rate."""
    horizon_years: Annotated[int, Field(ge=1, le=50)] | None = None
    """Years over which the stations earn; after them they are worth nothing."""
    exchange_rate_pkr_usd: Positive | None = None
    """PKR per USD."""
    om_share_year: Share | None = None
    """Yearly upkeep as a share of the capital cost."""
    charger_efficiency_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Energy sold by energy bought."""
    land_pkr_m2_month: dict[PlaceKind, NotNegative] = {}
    """Rent of land by kind of site, PKR per m2 and month; kinds not named keep that of data/costs/land.csv."""
    land_m2_per_charger: NotNegative | None = None
    """Land that a charger with its bay takes, m2."""
    low_tension_limit_kw: NotNegative | None = None
    """Load above which a station is connected at 11 kV."""
    high_tension_pkr: NotNegative | None = None
    """What an 11 kV connection costs more than the low-tension one in the cost of the site, without its
    transformer."""
    high_tension_pkr_kw: NotNegative | None = None
    """Cost of the transformer of an 11 kV connection, PKR per kW of load."""
    energisation_pkr: NotNegative | None = None
    """What the supplier takes to switch a connection on, PKR per station, where it is not in the cost of the
    site."""
    separate_meter_pkr: NotNegative | None = None
    """Cost of a second connection where the tariff needs a meter of its own, as on the premises of a
    fuel station."""
    neeca_application_fee_pkr: NotNegative | None = None
    """NEECA's fee for the application of a station."""
    neeca_level_up_to_kw: Annotated[list[Positive], Field(min_length=4, max_length=4)] | None = None
    """Largest charger of NEECA's levels 1 to 4, kW; level 5 is above."""
    neeca_yearly_fee_pkr: Annotated[list[NotNegative], Field(min_length=5, max_length=5)] | None = None
    """NEECA's yearly fee of a station by level, 1 to 5."""
    solar_pkr_kw: NotNegative | None = None
    """Cost of solar panels, PKR per kW."""
    solar_kwh_kw_year: NotNegative | None = None
    """Yearly yield of solar panels, kWh per kW."""
    battery_pkr_kwh: NotNegative | None = None
    """Cost of a stationary battery, PKR per kWh."""
    battery_usable_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of a battery that may be used."""
    battery_efficiency_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Energy that a battery gives back by energy put into it."""
    petrol_price_pkr_l: NotNegative | None = None
    """Price of petrol, PKR per litre."""
    diesel_price_pkr_l: NotNegative | None = None
    """Price of diesel, PKR per litre."""
    petrol_import_usd_l: NotNegative | None = None
    """What the import of a litre of petrol costs the country, USD."""
    diesel_import_usd_l: NotNegative | None = None
    """What the import of a litre of diesel costs the country, USD."""
    petrol_l_100km: dict[Name, NotNegative] = {}
    """Petrol of the vehicle that an electric one replaces, litres per 100 km, by vehicle class."""
    diesel_l_100km: dict[Name, NotNegative] = {}
    """Diesel of the vehicle that an electric one replaces, litres per 100 km, by vehicle class."""
    pm25_g_kg: dict[Name, NotNegative] = {}
    """PM2.5 at the tailpipe of the replaced vehicle, grams per kg of fuel, by vehicle class."""
    petrol_co2_kg_l: NotNegative | None = None
    """CO2 of a litre of petrol, kg."""
    diesel_co2_kg_l: NotNegative | None = None
    """CO2 of a litre of diesel, kg."""
    petrol_kg_l: NotNegative | None = None
    """Weight of a litre of petrol, kg."""
    diesel_kg_l: NotNegative | None = None
    """Weight of a litre of diesel, kg."""
    grid_factor_kg_kwh: NotNegative | None = None
    """CO2e of a kWh at the power plant, kg."""
    grid_factor_low_kg_kwh: NotNegative | None = None
    """Low grid factor of the sensitivity."""
    grid_factor_high_kg_kwh: NotNegative | None = None
    """High grid factor of the sensitivity."""
    grid_loss_share: Annotated[float, Field(ge=0, le=0.9)] | None = None
    """Share of the generated energy that is lost before the meter."""

    @model_validator(mode="after")
    def _check_levels_rise(self) -> EconomicsSettings:
        limits = self.neeca_level_up_to_kw
        if limits is not None and sorted(set(limits)) != limits:
            msg = f"neeca_level_up_to_kw must rise without repeats; got {limits}"
            raise ValueError(msg)
        return self


class SolveSettings(Section):
    """How long and how exactly to search."""

    time_limit_s: Annotated[float, Field(gt=0, le=86_400)] = 120.0
    """Wall-clock limit; the best plan found by then is returned with its proven gap."""
    gap: Annotated[float, Field(ge=0, le=0.2)] = 0.001
    """Stop when the plan is proven this close to the best possible (share of its value)."""
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    """Threads of the solver; 1 gives the same plan on every run."""
    node_limit: Annotated[int, Field(ge=0, le=10**9)] | None = None
    """Limit on branch-and-bound nodes; use it instead of a time limit for repeatable stops."""


class PublishSettings(Section):
    """What is written."""

    folder: InputPath
    """The run goes to this folder, in a subfolder named after the study."""
    online_tiles: bool = False
    """Offer an online background map as a layer; needs a network when switched on."""


class Settings(Section):
    """A whole study."""

    study: StudySettings
    network: NetworkSettings
    demand: DemandSettings
    sites: SitesSettings = SitesSettings()
    grid: GridSettings | None = None
    travel: TravelSettings = TravelSettings()
    model: ModelSettings
    economics: EconomicsSettings = EconomicsSettings()
    solve: SolveSettings = SolveSettings()
    publish: PublishSettings

    @model_validator(mode="after")
    def _check_bands_within_limit(self) -> Settings:
        if self.grid is not None and self.model.mode is PlanMode.COVER:
            msg = "grid: needs model.mode allocate; cover mode knows no power"
            raise ValueError(msg)
        years = self.model.years
        if years and years[-1].year != self.study.year:
            msg = (
                f"model.years: the last one is {years[-1].year}, study.year is {self.study.year}; "
                "they must be the same"
            )
            raise ValueError(msg)
        if self.model.bands and self.model.bands[-1].up_to_min > self.travel.limit_min:
            msg = (
                f"model.bands: the last band ends at {self.model.bands[-1].up_to_min} min, beyond "
                f"travel.limit_min of {self.travel.limit_min} min; raise the limit or shorten the band"
            )
            raise ValueError(msg)
        return self
