"""The closed sets of words that every stage, file and message shares."""

from __future__ import annotations

from enum import StrEnum


class SiteStatus(StrEnum):
    """What a planner may say about a site."""

    EXISTING = "existing"  # built, serves demand, costs nothing, never counted
    REQUIRED = "required"  # must open
    CANDIDATE = "candidate"  # may open
    FORBIDDEN = "forbidden"  # must not open
    COMPETITOR = "competitor"  # takes demand first, is not ours


class PlanMode(StrEnum):
    """Which problem is solved."""

    COVER = "cover"  # maximum covered demand; chargers per station are given
    ALLOCATE = "allocate"  # chargers per site are decided, capacity binds


class PlanObjective(StrEnum):
    """What the best plan has most, or least, of."""

    SERVED = "served"  # most demand served, weighted by its worth
    WORST_ZONE = "worst_zone"  # largest served share of the worst-served zone, then most served
    COST = "cost"  # least money for a share of the demand


class ServiceRule(StrEnum):
    """What limits how much energy a number of chargers delivers."""

    UTILISATION = "utilisation"  # a largest busy share of the opening hours
    BLOCKED = "blocked"  # share of drivers who find every charger busy and leave (Erlang B)
    WAITING = "waiting"  # share of drivers who must wait (Erlang C)
    LONG_WAIT = "long_wait"  # share of drivers who wait longer than a part of a charge


class PopulationSource(StrEnum):
    """Where the people of the study area are read from."""

    POINTS = "points"
    RASTER = "raster"
    CSV = "csv"
    FIGURES = "figures"
    ZONES = "zones"  # totals of zones over the roads, without a grid


class ChargingUse(StrEnum):
    """Ways of charging away from a plug of one's own."""

    OVERNIGHT = "overnight"  # homes without a plug of their own
    DESTINATION = "destination"  # while the driver works, shops or visits
    FAST = "fast"  # on the way
    DEPOT = "depot"  # fixed load of a depot; no public station can take it over


class PlaceKind(StrEnum):
    """Kinds of places that attract charging or can host a station."""

    FUEL = "fuel"
    PARKING = "parking"
    MALL = "mall"
    SUPERMARKET = "supermarket"
    HOSPITAL = "hospital"
    UNIVERSITY = "university"
    BUS_STATION = "bus_station"
    HOTEL = "hotel"
    CHARGING_STATION = "charging_station"
    MARKET = "market"
    SCHOOL = "school"
    OFFICE = "office"
    BANK = "bank"
    RESTAURANT = "restaurant"
    CINEMA = "cinema"
    WORSHIP = "worship"
    PARK = "park"
    TAXI_STAND = "taxi_stand"  # taxis and rickshaws
    FLEET_YARD = "fleet_yard"
    TRUCK_TERMINAL = "truck_terminal"
    INDUSTRIAL_ESTATE = "industrial_estate"
    OTHER = "other"


class LandKind(StrEnum):
    """Kinds of land whose use matters: where no station can be built, and where people work."""

    MILITARY = "military"
    CEMETERY = "cemetery"
    FOREST = "forest"
    WATER = "water"
    AERODROME = "aerodrome"
    RAILWAY = "railway"
    QUARRY = "quarry"
    LANDFILL = "landfill"
    RESERVE = "reserve"  # protected nature
    PLANNER = "planner"  # excluded by the planner's own polygons
    INDUSTRIAL = "industrial"  # never excluded; the industry layer reads it


class LayerName(StrEnum):
    """Layers that say where energy is charged."""

    PEOPLE = "people"
    PLACES = "places"
    FUEL = "fuel places"
    TRAFFIC = "traffic"
    INDUSTRY = "industry"
    DEPOTS = "depots"
    EXCLUSION = "excluded land"


class TrafficMethod(StrEnum):
    """How the traffic on main roads is told."""

    CLASSES = "classes"  # length of road times a flow by road class
    BETWEENNESS = "betweenness"  # drives between sampled points over the fastest ways


class ConnectionClass(StrEnum):
    """How a station is connected to the grid, by its load."""

    LOW_TENSION = "LT"
    HIGH_TENSION = "11 kV"


class Outcome(StrEnum):
    """How a search ended, in the words that every output uses."""

    PROVEN_OPTIMAL = "PROVEN OPTIMAL"
    WITHIN_GAP = "WITHIN GAP"  # shown as "WITHIN 2.31 %", see `Solution.outcome_text`
    NO_PLAN_FOUND = "NO PLAN FOUND"
    IMPOSSIBLE = "IMPOSSIBLE"
    SOLVERS_DISAGREE = "SOLVERS DISAGREE"


class MapLanguage(StrEnum):
    """A language that the map page begins with; its readers may choose the other."""

    ENGLISH = "en"
    URDU = "ur"


class RemovalReason(StrEnum):
    """Why a site that was read is not offered to the model."""

    OUTSIDE_AREA = "outside the study area"
    DUPLICATE = "same place as another site"
    TOO_CLOSE = "closer than the minimum spacing to another site"
    TOO_FAR_FROM_ROAD = "farther from the road network than the snap limit"
    FORBIDDEN = "forbidden by the planner"
    FORBIDDEN_NEARBY = "at a place that the planner forbids"
    EXCLUDED_LAND = "on land where no station can be built"
