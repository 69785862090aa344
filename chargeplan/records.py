"""What one stage hands to the next: frozen, and checked when made.

A record holds only texts, numbers, tuples of them, NumPy arrays, SciPy CSR matrices, pandas
frames and (in `StudyArea`) one geometry, so that `chargeplan.store` can write any of them to
a run folder and read it back. ``_pos`` fields are row numbers; ``_id`` fields are stable.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely
from numpy.typing import NDArray

from chargeplan.errors import RecordError
from chargeplan.plan_limits import PlanLimits
from chargeplan.queues import compute_load_at_target
from chargeplan.tables import (
    CHARGER_TYPES,
    FIGURES,
    LAND_AREAS,
    PLACES,
    REMOVED_SITES,
    REPAIRS,
    ROADS,
    SITES,
    ZONE_FLOORS,
    ZONES,
    check_table,
    make_table,
)
from chargeplan.units import HOURS_PER_DAY
from chargeplan.words import ChargingUse, Outcome, PlanMode, PlanObjective, ServiceRule, SiteStatus

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

CONSERVATION_RELATIVE_TOLERANCE = 1e-9
# A bound carries a margin of this share for the rounding of floating-point sums.
PROOF_TOLERANCE = 2e-8
# Solvers work to about this; a larger gap is always said beside the words PROVEN OPTIMAL.
LARGEST_UNSAID_GAP = 1e-6
# A plan reaches the demand it must serve when it serves all but this share of it: what solvers keep rows to.
TARGET_TOLERANCE = 1e-6
# Least money is proven to this: solvers cannot tell budgets apart that are nearer.
COST_TOLERANCE = 1e-6


def _require(condition: bool, promise: str) -> None:
    """Raise when a record breaks a promise."""
    if not condition:
        raise RecordError(promise)


def _have_no_figures() -> pd.DataFrame:
    return make_table(FIGURES, {column.name: [] for column in FIGURES})


def _have_no_charger_types() -> pd.DataFrame:
    return make_table(CHARGER_TYPES, {column.name: [] for column in CHARGER_TYPES})


def _have_no_numbers() -> Ints:
    return np.zeros((0, 0), dtype=np.int64)


def _have_no_zone_floors() -> pd.DataFrame:
    return make_table(ZONE_FLOORS, {column.name: [] for column in ZONE_FLOORS})


def _require_length(size: int, **arrays: NDArray[np.generic]) -> None:
    for name, array in arrays.items():
        _require(len(array) == size, f"{name} has {len(array)} rows, expected {size}")


@dataclass(frozen=True, slots=True, eq=False)
class StudyArea:
    """Where demand is counted and stations may stand.

    Parameters
    ----------
    name, title : str
        Short name (folder) and shown title.
    boundary : shapely.Geometry
        Valid (multi)polygon, EPSG:4326.
    crs : str
        Metric CRS of the study, one of EPSG:32641 to EPSG:32643.
    area_km2 : float
        Area of the boundary, 5 to 10,000.
    is_schematic : bool
        True when the streets are drawn from a plan.
    """

    name: str
    title: str
    boundary: shapely.Geometry
    crs: str
    area_km2: float
    is_schematic: bool

    def __post_init__(self) -> None:
        _require(
            self.boundary.is_valid and not self.boundary.is_empty, "the boundary must be a valid polygon"
        )
        _require(
            self.crs in {"EPSG:32641", "EPSG:32642", "EPSG:32643"}, f"no metric CRS of Pakistan: {self.crs}"
        )


@dataclass(frozen=True, slots=True, eq=False)
class DataSource:
    """One input file, for the run record and the attribution.

    Parameters
    ----------
    key : str
        Config key that named the file.
    file_name : str
        Name without folder.
    sha256 : str
        Checksum of the bytes.
    size_bytes : int
    licence : str
        Licence or "not stated".
    attribution : str
        Text to show on the map, or empty.
    data_date : str
        Date of the state of the data or of its newest element (ISO), or empty when unknown.
    endpoint : str
        Address of the server that gave the data, or empty.
    limits : tuple of str
        What the data cannot tell or lack, in words that a planner understands.
    """

    key: str
    file_name: str
    sha256: str
    size_bytes: int
    licence: str
    attribution: str
    data_date: str
    endpoint: str = ""
    limits: tuple[str, ...] = ()


def _have_no_land() -> LandAreas:
    none = make_table(LAND_AREAS, {column.name: [] for column in LAND_AREAS})
    return LandAreas(none, np.zeros(0, dtype=object))


@dataclass(frozen=True, slots=True, eq=False)
class LandAreas:
    """Areas of land whose use matters, such as cemeteries and industrial estates.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.LAND_AREAS`, sorted by land_id.
    outline : ndarray of shapely.Geometry, shape (n,)
        Valid (multi)polygons, EPSG:4326; one for each row.
    """

    table: pd.DataFrame
    outline: NDArray[np.object_]

    def __post_init__(self) -> None:
        check_table(self.table, LAND_AREAS, "land areas")
        _require_length(len(self.table), outline=self.outline)

    def select(self, is_wanted: Bools) -> LandAreas:
        """Keep the areas of some rows."""
        return LandAreas(self.table[is_wanted].reset_index(drop=True), self.outline[is_wanted])


@dataclass(frozen=True, slots=True, eq=False)
class MapPlaces:
    """Places read from an OpenStreetMap file or a layer.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.PLACES`, sorted by place_id.
    land : LandAreas
        Areas of land whose use matters; none when the file was not asked for them.
    """

    table: pd.DataFrame
    land: LandAreas = field(default_factory=_have_no_land)

    def __post_init__(self) -> None:
        check_table(self.table, PLACES, "places")


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """One strongly connected drivable network.

    Parameters
    ----------
    node_id : ndarray of int64, shape (n,)
        OpenStreetMap node ids, rising.
    node_xy_m : ndarray of float64, shape (n, 2)
        Coordinates in `crs`, metres.
    is_joinable : ndarray of bool, shape (n,)
        Nodes at which a trip may start or end (not those on motorways alone).
    seconds : scipy.sparse.csr_array, shape (n, n)
        Driving time of the fastest direct road from row to column; > 0, at driven speed
        (free speed times `speed_factor`).
    roads : pandas.DataFrame
        Columns of `tables.ROADS`; one row per drawn road piece, both directions in one.
    road_lonlat : ndarray of float64, shape (m, 2)
        Shape points of all road pieces, EPSG:4326.
    road_offsets : ndarray of int64, shape (n_roads + 1,)
        Piece r is ``road_lonlat[road_offsets[r]:road_offsets[r + 1]]``.
    crs : str
        Metric CRS.
    imputed_speed_share : float
        Share of road length whose speed came from the class table and not from a tag.
    repairs : pandas.DataFrame
        Columns of `tables.REPAIRS`: what was mended or left out, counted, with examples.
    data_date : str
        Newest element timestamp (ISO date), empty when the file has none.
    """

    node_id: Ints
    node_xy_m: Floats
    is_joinable: Bools
    seconds: sp.csr_array
    roads: pd.DataFrame
    road_lonlat: Floats
    road_offsets: Ints
    crs: str
    imputed_speed_share: float
    repairs: pd.DataFrame
    data_date: str

    def __post_init__(self) -> None:
        n_nodes = len(self.node_id)
        _require(n_nodes >= 2, "a road network needs two nodes or more")
        _require_length(n_nodes, node_xy_m=self.node_xy_m, is_joinable=self.is_joinable)
        _require(self.seconds.shape == (n_nodes, n_nodes), "seconds must be a square matrix over the nodes")
        _require(
            bool(np.all(np.isfinite(self.seconds.data) & (self.seconds.data > 0))),
            "every driving time must be finite and positive",
        )
        _require(bool(np.all(np.diff(self.node_id) > 0)), "node ids must rise without repeats")
        check_table(self.roads, ROADS, "roads")
        check_table(self.repairs, REPAIRS, "repairs")
        _require_length(len(self.roads) + 1, road_offsets=self.road_offsets)
        _require(
            int(self.road_offsets[-1]) == len(self.road_lonlat),
            "road offsets must end at the last shape point",
        )


@dataclass(frozen=True, slots=True, eq=False)
class DemandCells:
    """Hexagons that want energy.

    Parameters
    ----------
    cell_id : ndarray of str, shape (n,)
        H3 cell ids, rising.
    lonlat : ndarray of float64, shape (n, 2)
        Cell centres, EPSG:4326.
    people : ndarray of float64, shape (n,)
    kwh_day : ndarray of float64, shape (n, n_classes)
        Energy that public stations can serve by vehicle class, kWh per day, finite and >= 0: the
        sum of `kwh_day_by_use` over all uses but depots.
    classes : tuple of str
        Names of the vehicle classes.
    uses : tuple of str
        Words of `ChargingUse`.
    kwh_day_by_use : ndarray of float64, shape (n, n_classes, n_uses)
        Energy by vehicle class and use, kWh per day; that of depots is a fixed load.
    periods : tuple of str
        Names of the periods of the day, in their order.
    period_share : ndarray of float64, shape (n_classes, n_uses, n_periods)
        Share of the energy of a class and use whose charging starts in each period; sums to 1.
    zone_pos : ndarray of int64, shape (n,)
        Row in `zones`.
    zones : pandas.DataFrame
        Columns of `tables.ZONES`.
    zones_are_cells : bool
        True when H3 cells of resolution 6 stand in for a zone layer.
    node_pos : ndarray of int64, shape (n,)
        Network node of the cell, -1 when it is beyond the snap limit.
    snap_m : ndarray of float64, shape (n,)
        Distance to the nearest joinable node.
    people_in, people_outside : float
        ``people_in == sum(people) + people_outside`` (relative 1e-9).
    kwh_day_in, kwh_day_outside : float
        The same for energy that stations can serve, over all classes.
    depot_kwh_day_in, depot_kwh_day_outside : float
        The same for the energy of depots.
    explanation : pandas.DataFrame
        How the totals came about, one row per figure: step, value, unit, source, confidence.
    kwh_km : ndarray of float64, shape (n_classes,) or (0,)
        Energy per kilometre of each vehicle class; empty when nobody said.
    charger_kw : ndarray of float64, shape (n_classes, 2) or (0, 2)
        Powers of the weakest and the strongest charger that each class can use; empty when nobody said.
    warnings : tuple of str
        How much energy lies where it does for want of a layer or a depot.
    """

    cell_id: NDArray[np.str_]
    lonlat: Floats
    people: Floats
    kwh_day: Floats
    classes: tuple[str, ...]
    uses: tuple[str, ...]
    kwh_day_by_use: Floats
    periods: tuple[str, ...]
    period_share: Floats
    zone_pos: Ints
    zones: pd.DataFrame
    zones_are_cells: bool
    node_pos: Ints
    snap_m: Floats
    people_in: float
    people_outside: float
    kwh_day_in: float
    kwh_day_outside: float
    depot_kwh_day_in: float
    depot_kwh_day_outside: float
    explanation: pd.DataFrame
    kwh_km: Floats = field(default_factory=lambda: np.zeros(0))
    charger_kw: Floats = field(default_factory=lambda: np.zeros((0, 2)))
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n_cells = len(self.cell_id)
        _require(n_cells >= 1, "there must be a demand cell")
        _require_length(
            n_cells,
            lonlat=self.lonlat,
            people=self.people,
            kwh_day=self.kwh_day,
            zone_pos=self.zone_pos,
            node_pos=self.node_pos,
            snap_m=self.snap_m,
        )
        _require(
            self.kwh_day.shape == (n_cells, len(self.classes)), "kwh_day must have a column per vehicle class"
        )
        _require(
            bool(np.all(np.isfinite(self.kwh_day) & (self.kwh_day >= 0))),
            "demand must be finite and not negative",
        )
        _require(
            bool(np.all(np.isfinite(self.people) & (self.people >= 0))),
            "people must be finite and not negative",
        )
        self._check_uses_and_periods(n_cells)
        _require(
            len(self.kwh_km) in {0, len(self.classes)}
            and bool(np.all(np.isfinite(self.kwh_km) & (self.kwh_km >= 0))),
            "kwh_km must have a finite figure >= 0 per vehicle class, or none at all",
        )
        _require(
            self.charger_kw.shape in {(0, 2), (len(self.classes), 2)},
            "charger_kw must have a weakest and a strongest power per vehicle class, or none at all",
        )
        _require(bool(np.all(self.cell_id[1:] > self.cell_id[:-1])), "cell ids must rise without repeats")
        check_table(self.zones, ZONES, "zones")
        _require(
            bool(np.all((self.zone_pos >= 0) & (self.zone_pos < len(self.zones)))),
            "every cell must lie in a zone",
        )
        for what, total, parts in (
            ("people", self.people_in, float(self.people.sum()) + self.people_outside),
            ("kWh/day", self.kwh_day_in, float(self.kwh_day.sum()) + self.kwh_day_outside),
            (
                "kWh/day of depots",
                self.depot_kwh_day_in,
                float(self.depot_kwh_day.sum()) + self.depot_kwh_day_outside,
            ),
        ):
            _require(
                abs(total - parts) <= CONSERVATION_RELATIVE_TOLERANCE * max(total, 1.0),
                f"{what} is not conserved: {total} in, {parts} in cells and outside",
            )

    def _check_uses_and_periods(self, n_cells: int) -> None:
        n_classes, n_uses, n_periods = len(self.classes), len(self.uses), len(self.periods)
        _require(
            set(self.uses) <= set(ChargingUse) and len(set(self.uses)) == n_uses,
            f"uses must be words of ChargingUse without repeats; got {self.uses}",
        )
        _require(
            self.kwh_day_by_use.shape == (n_cells, n_classes, n_uses),
            "kwh_day_by_use must have a row per cell, a column per vehicle class and a layer per use",
        )
        _require(
            bool(np.all(np.isfinite(self.kwh_day_by_use) & (self.kwh_day_by_use >= 0))),
            "demand by use must be finite and not negative",
        )
        at_stations = self.kwh_day_by_use[:, :, self._is_served_at_stations].sum(axis=2)
        scale = max(float(self.kwh_day.max(initial=0.0)), 1.0)
        _require(
            bool(np.all(np.abs(at_stations - self.kwh_day) <= CONSERVATION_RELATIVE_TOLERANCE * scale)),
            "kwh_day must be the sum of the uses that stations can serve",
        )
        _require(
            self.period_share.shape == (n_classes, n_uses, n_periods),
            "period_share must have a row per vehicle class, a column per use and a layer per period",
        )
        _require(
            bool(np.all(np.isfinite(self.period_share) & (self.period_share >= 0)))
            and bool(np.allclose(self.period_share.sum(axis=2), 1.0, rtol=0, atol=1e-9)),
            "the shares of the periods must not be negative and sum to 1 for each class and use",
        )

    @property
    def _is_served_at_stations(self) -> Bools:
        return np.array([use != ChargingUse.DEPOT for use in self.uses], dtype=np.bool_)

    @property
    def depot_kwh_day(self) -> Floats:
        """Energy of depots by vehicle class, shape (n, n_classes), kWh per day."""
        depots = self.kwh_day_by_use[:, :, ~self._is_served_at_stations]
        return np.asarray(depots.sum(axis=2), dtype=np.float64)

    @property
    def kwh_day_by_period(self) -> Floats:
        """Energy that stations can serve by class and period, shape (n, n_classes, n_periods)."""
        served = self._is_served_at_stations
        return np.asarray(
            np.einsum("jvu,vut->jvt", self.kwh_day_by_use[:, :, served], self.period_share[:, served])
        )

    @property
    def depot_kwh_day_by_period(self) -> Floats:
        """Energy of depots by class and period, shape (n, n_classes, n_periods)."""
        at_depots = ~self._is_served_at_stations
        return np.asarray(
            np.einsum("jvu,vut->jvt", self.kwh_day_by_use[:, :, at_depots], self.period_share[:, at_depots])
        )

    @property
    def peak_hour_share(self) -> float:
        """Share of a day's energy at stations whose charging starts in its busiest hour.

        Over all classes; within a period of the day the hours are alike.
        """
        hours = np.array([int(name.split("-")[1]) - int(name.split("-")[0]) for name in self.periods])
        energy = self.kwh_day_by_period.sum(axis=(0, 1))
        total = float(energy.sum())
        return float((energy / hours).max() / total) if total > 0 else 1.0 / 24.0

    def can_use(self, power_kw: float) -> Bools:
        """Tell which classes can use a charger of a power, shape (n_classes,); all when nobody said."""
        if len(self.charger_kw) == 0:
            return np.ones(len(self.classes), dtype=np.bool_)
        return np.asarray((self.charger_kw[:, 0] <= power_kw) & (power_kw <= self.charger_kw[:, 1]))

    @property
    def total_kwh_day(self) -> Floats:
        """Energy over all classes, shape (n,), kWh per day."""
        return np.asarray(self.kwh_day.sum(axis=1), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class CandidateSites:
    """Places where a station stands or can stand.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns of `tables.SITES`, sorted by site_id; every site is snapped to the network.
        Forbidden sites are not here but in `removed`.
    removed : pandas.DataFrame
        Columns of `tables.REMOVED_SITES`: every site that was read and is not offered, with
        its reason.
    """

    table: pd.DataFrame
    removed: pd.DataFrame

    def __post_init__(self) -> None:
        check_table(self.table, SITES, "sites")
        check_table(self.removed, REMOVED_SITES, "removed sites")
        _require(self.table["site_id"].is_unique, "site ids must be unique")
        _require(bool(self.table["site_id"].is_monotonic_increasing), "sites must be sorted by id")
        _require(bool((self.table["node_pos"] >= 0).all()), "every site must be on the network")
        _require(bool((self.table["fixed_cost_pkr"] >= 0).all()), "site costs must not be negative")
        _require(bool((self.table["solar_kw"] >= 0).all()), "solar power must not be negative")

    def has_status(self, status: SiteStatus) -> Bools:
        """Tell which sites have a status, shape (n,)."""
        return np.asarray(self.table["status"] == status.value)

    @property
    def has_backup(self) -> Bools:
        """Sites whose chargers work through outages, shape (n,): exempt feeder or storage."""
        return np.asarray(self.table["feeder_exempt"] | self.table["has_storage"], dtype=np.bool_)


@dataclass(frozen=True, slots=True, eq=False)
class TravelTable:
    """Driving times from cells to sites within the limit.

    Parameters
    ----------
    cell_pos, site_pos : ndarray of int64, shape (k,)
        Rows of the cell and the site of each pair, sorted by cell and then by site.
    seconds : ndarray of float64, shape (k,)
        Driving time from the cell to the site, <= limit_s.
    n_cells, n_sites : int
    limit_s : float
    off_network_cell_pos : ndarray of int64
        Cells that could not be snapped to the network.
    out_of_reach_cell_pos : ndarray of int64
        Snapped cells that reach no site within the limit.
    """

    cell_pos: Ints
    site_pos: Ints
    seconds: Floats
    n_cells: int
    n_sites: int
    limit_s: float
    off_network_cell_pos: Ints
    out_of_reach_cell_pos: Ints

    def __post_init__(self) -> None:
        _require_length(len(self.seconds), cell_pos=self.cell_pos, site_pos=self.site_pos)
        pair = self.cell_pos * max(self.n_sites, 1) + self.site_pos
        _require(bool(np.all(np.diff(pair) > 0)), "pairs must be sorted by cell and site, without repeats")
        _require(
            bool(np.all((self.seconds >= 0) & (self.seconds <= self.limit_s))),
            "driving times must lie within the limit",
        )


@dataclass(frozen=True, slots=True, eq=False)
class PlanRequest:
    """What the planner asked for, in plain numbers; a plan is verified against this.

    Parameters
    ----------
    mode : PlanMode
    budget_pkr : float
        Infinite when not limited.
    max_sites : int
        -1 when not limited.
    nearest_sites : int
        0 when not limited.
    limit_s : float
        Longest drive.
    band_up_to_min, band_quality : tuple of float
        Travel-time bands; empty when every drive within the limit is worth 1.
    station_chargers : int
        Chargers of every new station in cover mode.
    charger_power_kw, charger_cost_pkr : float
        The charger.
    hours_day, max_utilisation : float
        Opening hours, and the largest share of them in which a charger is busy.
    levels : tuple of int
        Numbers of chargers that a new station may have in allocate mode.
    gap_asked : float
        Gap at which a plan counts as proven optimal.
    year : int
        Year that is planned for; 0 when nobody said.
    outage_hours_day : float
        Hours a day without power from the grid, spread evenly over the day.
    figures : pandas.DataFrame
        Columns of `tables.FIGURES`: prices, costs and factors of the economics; without rows
        there are no economics.
    service_rule : ServiceRule
        What limits the energy that a number of chargers delivers.
    service_target_share, service_wait_share : float
        Of the rules of queues: largest share of drivers, and what is a long wait.
    peak_share : float
        Share of a day's energy that is asked for in its busiest hour; 0 when no rule needs it.
    charger_types : pandas.DataFrame
        Columns of `tables.CHARGER_TYPES`: name, power_kw, cost_pkr, levels (numbers with spaces between);
        without rows there is one type, with the fields above.
    years : tuple of int
        Years planned for; empty when it is `year` alone.
    year_budget_pkr, year_weight : tuple of float
        Money of each year (infinite when not limited), and its weight.
    year_max_sites : tuple of int
        Most new sites by each year, -1 when not limited.
    objective : PlanObjective
    target_share : float
        0 without a target.
    zone_floors : pandas.DataFrame
        Columns of `tables.ZONE_FLOORS`: zone_id and floor_share of zones with a floor.
    gini_cap : float
        Infinite when not limited.
    spacing_m, least_station_kw, largest_station_kw : float
        0, 0 and infinite when not limited.
    backup_share : float
    """

    mode: PlanMode
    budget_pkr: float
    max_sites: int
    nearest_sites: int
    limit_s: float
    band_up_to_min: tuple[float, ...]
    band_quality: tuple[float, ...]
    station_chargers: int
    charger_power_kw: float
    charger_cost_pkr: float
    hours_day: float
    max_utilisation: float
    levels: tuple[int, ...]
    gap_asked: float
    year: int = 0
    outage_hours_day: float = 0.0
    figures: pd.DataFrame = field(default_factory=_have_no_figures)
    service_rule: ServiceRule = ServiceRule.UTILISATION
    service_target_share: float = 0.0
    service_wait_share: float = 0.0
    peak_share: float = 0.0
    charger_types: pd.DataFrame = field(default_factory=_have_no_charger_types)
    years: tuple[int, ...] = ()
    year_budget_pkr: tuple[float, ...] = ()
    year_weight: tuple[float, ...] = ()
    year_max_sites: tuple[int, ...] = ()
    objective: PlanObjective = PlanObjective.SERVED
    target_share: float = 0.0
    zone_floors: pd.DataFrame = field(default_factory=_have_no_zone_floors)
    gini_cap: float = float("inf")
    spacing_m: float = 0.0
    least_station_kw: float = 0.0
    largest_station_kw: float = float("inf")
    backup_share: float = 0.0

    def __post_init__(self) -> None:
        _require(
            0 <= self.outage_hours_day < HOURS_PER_DAY,
            f"outages must last less than 24 hours a day; got {self.outage_hours_day}",
        )
        _require(
            self.service_rule is ServiceRule.UTILISATION or 0 < self.peak_share <= 1,
            "a queue needs the share of the day's energy in the busiest hour",
        )
        check_table(self.charger_types, CHARGER_TYPES, "charger types")
        check_table(self.zone_floors, ZONE_FLOORS, "zone floors")
        check_table(self.figures, FIGURES, "figures")
        _require(self.figures["name"].is_unique, "every figure must be there once")
        _require(bool(np.all(np.isfinite(self.figures["value"]))), "figures must be finite")

    def compute_capacity_kwh_day(self, power_kw: Floats, has_backup: Bools, chargers: Ints) -> Floats:
        """Energy that equal chargers of a total power can deliver, kWh per day.

        With a rule of queues it is the load in erlang that keeps the target in the busiest hour (see
        `chargeplan.queues`), times the power of one charger, over that hour's share of the day's energy; and
        never more than all chargers deliver in all opening hours.

        Parameters
        ----------
        power_kw : ndarray
            Of all chargers together.
        has_backup : ndarray of bool
            Where outages do not count, see `CandidateSites.has_backup`.
        chargers : ndarray of int64
            Number of chargers; arrays are broadcast to one shape.
        """
        powered_share = np.where(has_backup, 1.0, 1.0 - self.outage_hours_day / HOURS_PER_DAY)
        if self.service_rule is ServiceRule.UTILISATION:
            busy_hours_day: Floats = np.asarray(self.hours_day * self.max_utilisation)
        else:
            busy_hours_day = self._compute_busy_hours_day(np.asarray(chargers, dtype=np.int64))
        return np.asarray(power_kw * powered_share * busy_hours_day, dtype=np.float64)

    def _compute_busy_hours_day(self, chargers: Ints) -> Floats:
        """Hours a day for which each of some chargers may be busy at the service target."""
        number, at = np.unique(chargers, return_inverse=True)
        load_erlang = np.zeros(len(number))
        load_erlang[number > 0] = compute_load_at_target(
            number[number > 0],
            self.service_rule,
            target_share=self.service_target_share,
            wait_of_charge=self.service_wait_share,
        )
        hours = load_erlang / np.maximum(number, 1) / self.peak_share
        return np.minimum(hours, self.hours_day)[at].reshape(chargers.shape)

    @property
    def type_power_kw(self) -> tuple[float, ...]:
        """Power of one charger of each type."""
        return tuple(map(float, self.charger_types["power_kw"])) or (self.charger_power_kw,)

    @property
    def type_names(self) -> tuple[str, ...]:
        """Name of each charger type; its power when nobody named it."""
        named = tuple(map(str, self.charger_types["name"]))
        return named or tuple(f"{kw:g} kW" for kw in self.type_power_kw)

    def get_figure(self, name: str) -> float:
        """Return the value of a figure by name.

        Raises
        ------
        KeyError
            When there is no such figure.
        """
        return _get_value(self.figures, name)


@dataclass(frozen=True, slots=True, eq=False)
class PlanStages:
    """Years, charger types and groups of vehicle classes of a problem that has several of any.

    Parameters
    ----------
    years : tuple of int
        Years planned for, rising; what is built stays.
    year_weight : ndarray, shape (n_years,)
        Weight of each year in the objective; sums to 1.
    year_budget_pkr : ndarray, shape (n_years,)
        Money that comes in each year; what is left goes over into the next. Infinite when not limited.
    year_max_sites : ndarray of int64, shape (n_years,)
        Most new stations by each year, -1 when not limited.
    charger_kw : ndarray, shape (n_types,)
        Power of one charger of each type; 0 when nobody said (a plain problem needs it nowhere).
    can_use : ndarray of bool, shape (n_groups, n_types)
        Charger types that the vehicles of a group can use.
    unit_kwh_day : ndarray, shape (n_years, n_cells, n_groups)
        Demand left for our stations by year, cell and group.
    open_cost_pkr : ndarray, shape (n_sites,)
        Cost of opening a new station of any size, beside that of its levels.
    """

    years: tuple[int, ...]
    year_weight: Floats
    year_budget_pkr: Floats
    year_max_sites: Ints
    charger_kw: Floats
    can_use: Bools
    unit_kwh_day: Floats
    open_cost_pkr: Floats

    def __post_init__(self) -> None:
        n_years = len(self.years)
        n_groups, n_types = self.can_use.shape
        _require_length(
            n_years,
            year_weight=self.year_weight,
            year_budget_pkr=self.year_budget_pkr,
            year_max_sites=self.year_max_sites,
            unit_kwh_day=self.unit_kwh_day,
        )
        _require(all(np.diff(self.years) > 0), "years must rise")
        _require(abs(float(self.year_weight.sum()) - 1.0) <= 1e-9, "the weights of the years must sum to 1")
        _require_length(n_types, charger_kw=self.charger_kw)
        _require(self.unit_kwh_day.shape[2] == n_groups, "unit_kwh_day must have a layer per group")
        _require(bool(np.all(self.unit_kwh_day >= 0)), "demand must not be negative")
        _require(bool(np.all(self.open_cost_pkr >= 0)), "costs must not be negative")

    @property
    def n_years(self) -> int:
        """Number of years planned for."""
        return len(self.years)

    @property
    def n_groups(self) -> int:
        """Number of groups of vehicle classes that can use the same charger types."""
        return int(self.can_use.shape[0])

    @property
    def n_types(self) -> int:
        """Number of charger types."""
        return int(self.can_use.shape[1])


@dataclass(frozen=True, slots=True, eq=False)
class PlanProblem:
    """The planning problem, free of any solver; the mathematics are in docs/explanation/model.md.

    A *plain* problem has one year, one charger type, one group of vehicle classes and no `limits`;
    the fields after `nearest_sites` then follow from those before it. Otherwise ``demand_kwh_day`` is that of
    the last year and of all groups.

    A *slot* is a site and a charger type: slot ``site * n_types + type``. Sites that are competitors are
    not in the problem; their sites keep their row with ``is_open_allowed`` false, so that
    positions are those of `CandidateSites`.

    Parameters
    ----------
    mode : PlanMode
    demand_kwh_day : ndarray, shape (n_cells,)
        Demand left for our stations (after competitors).
    competitor_kwh_day : ndarray, shape (n_cells,)
        Demand that competitors take first.
    pair_cell, pair_site : ndarray of int64, shape (k,)
        Pairs a cell may use: within the limit, and among its nearest sites when asked; sorted
        by cell and site.
    pair_quality : ndarray, shape (k,)
        Worth of demand served by the pair, 0 to 1 and > 0.
    pair_seconds : ndarray, shape (k,)
    is_open_allowed : ndarray of bool, shape (n_sites,)
        False for competitors.
    is_forced_open : ndarray of bool, shape (n_sites,)
        True for existing and required sites.
    is_counted : ndarray of bool, shape (n_sites,)
        Sites that count against max_sites: not existing ones.
    level_chargers : ndarray of int64, shape (n_levels,)
        Numbers of chargers a new station may have of a type, rising. One level in cover mode.
    level_allowed : ndarray of bool, shape (n_slots, n_levels)
        Levels that fit a slot; all false for existing sites, whose size is fixed.
    level_cost_pkr : ndarray, shape (n_slots, n_levels)
        Cost of the chargers of a level, with that of opening the site when `open_cost_pkr` is 0. Zero
        for existing sites.
    level_capacity_kwh_day : ndarray, shape (n_slots, n_levels)
        Energy a level can deliver, less where outages stop it; infinite in cover mode.
    existing_capacity_kwh_day : ndarray, shape (n_slots,)
        Energy an existing station can deliver; 0 for others.
    existing_chargers : ndarray of int64, shape (n_slots,)
    budget_pkr : float
        For all years together; infinite when not limited.
    max_sites : int
        In the last year; -1 when not limited.
    nearest_sites : int
        0 when not limited.
    stages : PlanStages or None
        Years, charger types and groups when there are several; None in a plain problem, see `staging`.
    limits : PlanLimits
    objective : PlanObjective
    target_share : float
        Share of the demand of each year that must be served, weighted by its worth; 0 when not asked for.
        The objective `COST` needs it; its budgets, when there are any, are ceilings.
    """

    mode: PlanMode
    demand_kwh_day: Floats
    competitor_kwh_day: Floats
    pair_cell: Ints
    pair_site: Ints
    pair_quality: Floats
    pair_seconds: Floats
    is_open_allowed: Bools
    is_forced_open: Bools
    is_counted: Bools
    level_chargers: Ints
    level_allowed: Bools
    level_cost_pkr: Floats
    level_capacity_kwh_day: Floats
    existing_capacity_kwh_day: Floats
    existing_chargers: Ints
    budget_pkr: float
    max_sites: int
    nearest_sites: int
    stages: PlanStages | None = None
    limits: PlanLimits = field(default_factory=PlanLimits)
    objective: PlanObjective = PlanObjective.SERVED
    target_share: float = 0.0

    def __post_init__(self) -> None:
        n_slots, n_levels = self.level_cost_pkr.shape
        n_types = 1 if self.stages is None else self.stages.n_types
        _require(n_slots == self.n_sites * n_types, "there must be a slot per site and charger type")
        _require_length(len(self.demand_kwh_day), competitor_kwh_day=self.competitor_kwh_day)
        _require_length(
            len(self.pair_cell),
            pair_site=self.pair_site,
            pair_quality=self.pair_quality,
            pair_seconds=self.pair_seconds,
        )
        _require_length(
            self.n_sites,
            is_open_allowed=self.is_open_allowed,
            is_forced_open=self.is_forced_open,
            is_counted=self.is_counted,
        )
        _require_length(
            n_slots,
            existing_capacity_kwh_day=self.existing_capacity_kwh_day,
            existing_chargers=self.existing_chargers,
        )
        _require_length(n_levels, level_chargers=self.level_chargers)
        _require(self.level_allowed.shape == (n_slots, n_levels), "level_allowed must match level_cost_pkr")
        _require(
            self.level_capacity_kwh_day.shape == (n_slots, n_levels),
            "level_capacity_kwh_day must match level_cost_pkr",
        )
        _require(bool(np.all(self.demand_kwh_day >= 0)), "demand must not be negative")
        _require(
            bool(np.all((self.pair_quality > 0) & (self.pair_quality <= 1))), "quality must be in (0, 1]"
        )
        if self.stages is not None:
            self._check_stages(self.stages)
        _require(self.mode is PlanMode.ALLOCATE or n_levels == 1, "cover mode has one level")

    @property
    def n_cells(self) -> int:
        """Number of cells."""
        return len(self.demand_kwh_day)

    @property
    def n_sites(self) -> int:
        """Number of sites."""
        return len(self.is_open_allowed)

    @property
    def n_pairs(self) -> int:
        """Number of pairs."""
        return len(self.pair_cell)

    @property
    def staging(self) -> PlanStages:
        """Years, charger types and groups: those given, or one of each."""
        if self.stages is not None:
            return self.stages
        return PlanStages(
            years=(0,),
            year_weight=np.ones(1),
            year_budget_pkr=np.array([self.budget_pkr]),
            year_max_sites=np.array([self.max_sites], dtype=np.int64),
            charger_kw=np.zeros(1),
            can_use=np.ones((1, 1), dtype=np.bool_),
            unit_kwh_day=self.demand_kwh_day[None, :, None],
            open_cost_pkr=np.zeros(self.n_sites),
        )

    @property
    def is_plain(self) -> bool:
        """Tell whether there is one year, one type, one group, the usual objective and no further limit."""
        return (
            self.stages is None
            and not self.limits.has_any
            and self.objective is PlanObjective.SERVED
            and self.target_share <= 0
        )

    def _check_stages(self, stages: PlanStages) -> None:
        _require_length(self.n_sites, open_cost_pkr=stages.open_cost_pkr)
        _require(stages.unit_kwh_day.shape[1] == self.n_cells, "unit_kwh_day must have a column per cell")
        last = stages.unit_kwh_day[-1].sum(axis=1)
        _require(
            bool(np.allclose(last, self.demand_kwh_day, rtol=1e-9, atol=1e-9)),
            "demand_kwh_day must be that of the last year and of all groups",
        )
        _require(
            float(stages.year_budget_pkr.sum()) == self.budget_pkr
            or abs(float(stages.year_budget_pkr.sum()) - self.budget_pkr) <= 1e-9 * self.budget_pkr,
            "budget_pkr must be the sum of the budgets of the years",
        )
        _require(int(stages.year_max_sites[-1]) == self.max_sites, "max_sites must be that of the last year")


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A plan, with what is proven about it.

    Parameters
    ----------
    outcome : Outcome
        `PROVEN_OPTIMAL` when the gap is at most the gap asked for, else `WITHIN_GAP`.
    gap_asked : float
    objective_kwh_day : float
        Quality-weighted demand served, kWh per day.
    bound_kwh_day : float
        No plan of the whole stated problem can serve more.
    chargers : ndarray of int64, shape (n_sites,)
        Chargers at each open site (existing ones included), 0 where closed.
    pair_share : ndarray, shape (k,)
        Share of the cell's demand served by each pair of the problem, 0 to 1.
    wall_s : float
        Duration of the search (goes to timings.json only).
    solver : str
        Name and version, such as "HiGHS 1.15.1".
    steps : pandas.DataFrame
        Columns phase, elapsed_s, incumbent_kwh_day, bound_kwh_day, gap, in order; for the least money also
        cost_pkr and cost_bound_pkr, of which `gap` then speaks (goes to timings.json only).
    stopped_by : str
        "proof", "time limit", "node limit", "user" or "solver failure".
    slot_chargers : ndarray of int64, shape (n_years, n_slots) or (0, 0)
        Chargers by year, site and type of a problem that is not plain; `chargers` are those of the last year
        and of all types, `pair_share` is what all types serve of all groups in the last year.
    flow_at : ndarray of int64
        Flat position (year, pair, group, type) of each share above 0 of a problem that is not plain.
    flow_share : ndarray
        Share of the unit's demand that is served there.
    asset_steps : ndarray of int64, shape (n_years, n_assets) or (0, 0)
        Grid steps bought by each year.
    worst_share, worst_share_bound : float
        Served share of the worst-served zone, and what it can be at most, when it came first; NaN else.
    cost_pkr, cost_bound_pkr : float
        What the plan costs, and what every plan that reaches the target costs at least, when the least
        money was searched for; NaN else. `gap` is then that of the money, and ``bound_kwh_day`` holds for
        all plans that cost no more than this one.
    """

    outcome: Outcome
    gap_asked: float
    objective_kwh_day: float
    bound_kwh_day: float
    chargers: Ints
    pair_share: Floats
    wall_s: float
    solver: str
    steps: pd.DataFrame
    stopped_by: str
    slot_chargers: Ints = field(default_factory=_have_no_numbers)
    flow_at: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    flow_share: Floats = field(default_factory=lambda: np.zeros(0))
    asset_steps: Ints = field(default_factory=_have_no_numbers)
    worst_share: float = float("nan")
    worst_share_bound: float = float("nan")
    cost_pkr: float = float("nan")
    cost_bound_pkr: float = float("nan")

    def __post_init__(self) -> None:
        _require(self.outcome in {Outcome.PROVEN_OPTIMAL, Outcome.WITHIN_GAP}, "a solution must carry a plan")
        _require(
            self.bound_kwh_day >= self.objective_kwh_day * (1 - 1e-9) - 1e-9,
            "the bound must not be below the plan",
        )
        _require(
            np.isnan(self.cost_pkr) == np.isnan(self.cost_bound_pkr)
            and not self.cost_bound_pkr > self.cost_pkr,
            "the bound of the money must not be above the plan's",
        )
        _require(
            self.outcome is not Outcome.PROVEN_OPTIMAL or self.gap <= self.gap_asked + self.proof_tolerance,
            "optimal needs the proof",
        )
        _require(bool(np.all(self.chargers >= 0)), "chargers must not be negative")

    @property
    def gap(self) -> float:
        """How much better the best possible plan can be at most, as a share of this plan."""
        if np.isnan(self.cost_pkr):
            return compute_gap(self.objective_kwh_day, self.bound_kwh_day)
        return compute_cost_gap(self.cost_pkr, self.cost_bound_pkr)

    @property
    def proof_tolerance(self) -> float:
        """What a proven gap may exceed the one asked for by."""
        return PROOF_TOLERANCE if np.isnan(self.cost_pkr) else COST_TOLERANCE

    @property
    def outcome_text(self) -> str:
        """The outcome as shown: PROVEN OPTIMAL, PROVEN OPTIMAL to x % (as asked) or WITHIN x %."""
        worst = ""
        if np.isfinite(self.worst_share):
            worst = (
                f", the worst zone served to {self.worst_share:.1%} of at most {self.worst_share_bound:.1%}"
            )
        if self.outcome is Outcome.PROVEN_OPTIMAL:
            to_gap = f" to {format_gap(self.gap)}" if self.gap > LARGEST_UNSAID_GAP else ""
            return f"{Outcome.PROVEN_OPTIMAL.value}{to_gap}{worst}"
        return f"WITHIN {format_gap(self.gap)}{worst}"


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What was recomputed about a plan, without the solver.

    Parameters
    ----------
    metrics : pandas.DataFrame
        Columns name, value, unit, meaning.
    zones : pandas.DataFrame
        Per zone: zone_id, zone_name, people, demand_kwh_day, competitor_kwh_day,
        served_kwh_day, served_share.
    sites : pandas.DataFrame
        Per open or existing site: site_id, rank, chargers, served_kwh_day,
        capacity_kwh_day, utilisation_share (of the opening hours), cost_pkr, mean_drive_min,
        n_cells; most energy first, sites by id where equal.
    travel_histogram : pandas.DataFrame
        Columns from_min, to_min, served_kwh_day.
    checks : pandas.DataFrame
        Columns name, passed, detail; every check passed.
    cell_served_kwh_day : ndarray, shape (n_cells,)
    warnings : tuple of str
    economics : pandas.DataFrame
        How the money and the benefits came about, one row per figure: step, value, unit, source,
        confidence. No rows when no figures were given.
    site_economics : pandas.DataFrame
        Per new station, by site_id: its costs and revenue by kind, net present value, payback and
        break-even (columns of `chargeplan.evaluate.economics`).
    economics_by_year : pandas.DataFrame
        Per year, from the construction on: capital, costs, revenue and what they are worth then.
    years : pandas.DataFrame
        Per year planned for, of a plan that is not plain: year, demand_kwh_day (of all cells),
        served_kwh_day, served_share; all that is new by then (new_sites, new_chargers, new_power_kw), all money up
        to then (money_pkr, NaN when not limited), what it went to (stations_pkr, risk_pkr for unknown
        headroom, upgrades_pkr of the grid) and what is left_pkr; worst_zone_id (of zones that sites reach),
        worst_zone_share, gini.
    station_years : pandas.DataFrame
        Per year, station and charger type with chargers: year, site_id, charger_type, power_kw of one
        charger, chargers, served_kwh_day, capacity_kwh_day.
    zone_years : pandas.DataFrame
        Per year and zone: year, zone_id, zone_name, demand_kwh_day (left for our stations, of
        classes that can use a charger), served_kwh_day, served_share of it, floor_share (NaN without one).
    grid_years : pandas.DataFrame
        Per year and grid asset with new load or upgrades: year, asset_id, name, parent_id, load_kw,
        headroom_kw (NaN when unknown), steps, limit_kw with them, is_unknown, is_synthetic.
    rule_places : pandas.DataFrame
        Per year, policy rule and place: year, rule_id, must, place, reached, required, unit, state.
    """

    metrics: pd.DataFrame
    zones: pd.DataFrame
    sites: pd.DataFrame
    travel_histogram: pd.DataFrame
    checks: pd.DataFrame
    cell_served_kwh_day: Floats
    warnings: tuple[str, ...]
    economics: pd.DataFrame = field(default_factory=pd.DataFrame)
    site_economics: pd.DataFrame = field(default_factory=pd.DataFrame)
    economics_by_year: pd.DataFrame = field(default_factory=pd.DataFrame)
    years: pd.DataFrame = field(default_factory=pd.DataFrame)
    station_years: pd.DataFrame = field(default_factory=pd.DataFrame)
    zone_years: pd.DataFrame = field(default_factory=pd.DataFrame)
    grid_years: pd.DataFrame = field(default_factory=pd.DataFrame)
    rule_places: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        _require(bool(self.checks["passed"].all()), "an evaluation with a failed check must not be made")

    def get_metric(self, name: str) -> float:
        """Return the value of a metric by name.

        Raises
        ------
        KeyError
            When there is no such metric.
        """
        return _get_value(self.metrics, name)


def _get_value(table: pd.DataFrame, name: str) -> float:
    row = table.loc[table["name"] == name, "value"]
    if row.empty:
        raise KeyError(name)
    return float(row.iloc[0])


def compute_gap(objective: float, bound: float) -> float:
    """Compute (bound - objective) / objective: 0 when equal, infinite when the plan serves nothing.

    Examples
    --------
    >>> compute_gap(100.0, 102.0)
    0.02
    """
    if bound <= objective:
        return 0.0
    return (bound - objective) / objective if objective > 0 else float("inf")


def compute_cost_gap(cost_pkr: float, bound_pkr: float) -> float:
    """Compute (cost - bound) / cost, by how much the cheapest plan can be cheaper at most.

    Examples
    --------
    >>> compute_cost_gap(200.0, 190.0)
    0.05
    """
    return max(cost_pkr - bound_pkr, 0.0) / cost_pkr if cost_pkr > 0 else 0.0


def format_gap(gap: float) -> str:
    """Write a gap in percent so that it never looks smaller than it is.

    Examples
    --------
    >>> format_gap(0.0231)
    '2.31 %'
    >>> format_gap(0.000001)
    '0.01 %'
    """
    if not np.isfinite(gap):
        return "an unknown gap"
    return f"{np.ceil(round(gap * 1e4, 6)) / 100:.2f} %"
