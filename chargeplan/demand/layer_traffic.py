"""Layer: traffic on main roads, by road class or by sampled drives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.betweenness import DriveSample, sample_drives
from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import name_figures, parse_not_negative, read_figures
from chargeplan.demand.layer import Layer, read_layer_figures
from chargeplan.demand.roads import lay_along
from chargeplan.errors import DataError, FaultCollector
from chargeplan.geo import to_degrees, to_metric
from chargeplan.units import METRES_PER_KM
from chargeplan.words import LayerName, TrafficMethod

if TYPE_CHECKING:
    from chargeplan.config.settings import FigureFiles
    from chargeplan.demand.cells import CellCover
    from chargeplan.records import Floats, RoadNetwork


def weigh_traffic(
    network: RoadNetwork,
    cover: CellCover,
    people: Floats,
    method: TrafficMethod,
    *,
    seed: int,
    own: FigureFiles | None = None,
) -> Layer:
    """Weigh the traffic in each cell, in relative vehicle-kilometres.

    Parameters
    ----------
    network : RoadNetwork
    cover : CellCover
    people : ndarray of float64, shape (n_cells,)
        Where sampled drives begin and end; `TrafficMethod.CLASSES` does without.
    method : TrafficMethod
    seed : int
        Of the sample of `TrafficMethod.BETWEENNESS`.
    own : FigureFiles or None
        The planner's files of figures.

    Raises
    ------
    DataError
        When a table of the project cannot be used, or a road class has no flow.
    """
    if method is TrafficMethod.BETWEENNESS:
        return _weigh_drives(network, cover, people, seed, own)
    return _weigh_classes(network, cover, own)


def read_flow_by_class(own: FigureFiles | None = None) -> dict[str, float]:
    """Read the relative flow of vehicles by road class.

    Raises
    ------
    DataError
        When a value is no number of at least 0, or a class is there twice.
    """
    faults = FaultCollector(DataError)
    flow: dict[str, float] = {}
    for where, row in read_figures("traffic_flow", own, ("road_class", "value", "source", "confidence")):
        if row["road_class"] in flow:
            faults.add(f'{where}: the class "{row["road_class"]}" is there twice')
        flow[row["road_class"]] = parse_not_negative(row["value"], f"{where}: value", faults)
    faults.raise_if_any()
    return flow


def _weigh_classes(network: RoadNetwork, cover: CellCover, own: FigureFiles | None) -> Layer:
    """Sum length times flow of the class; a road drawn as two carriageways counts both."""
    name = LayerName.TRAFFIC
    flow = read_flow_by_class(own)
    road_class = network.roads["road_class"]
    lacking = sorted(set(road_class) - flow.keys())
    if lacking:
        raise DataError(
            f"{name_figures('traffic_flow', own)} has no flow for {', '.join(lacking)}, of which there are roads; "
            "add the rows"
        )
    road_flow = road_class.map(flow).to_numpy(dtype=np.float64)
    piece = np.repeat(np.arange(len(network.roads)), np.diff(network.road_offsets))
    use = (piece[:-1] == piece[1:]) & (road_flow[piece[:-1]] > 0)
    start, end = network.road_lonlat[:-1][use], network.road_lonlat[1:][use]
    length_m = _measure(start, end, cover)
    vehicle_km = length_m * road_flow[piece[:-1][use]] / METRES_PER_KM
    weight = lay_along(start, end, length_m, vehicle_km, cover)
    length_km = float(lay_along(start, end, length_m, length_m, cover).sum()) / METRES_PER_KM
    figures = (
        compute_figure(f"{name}: main roads in the study area", length_km, "km"),
        Figure(
            f"{name}: length times flow of the road class",
            float(weight.sum()),
            "relative vehicle-km",
            name_figures("traffic_flow", own),
            "assumption",
        ),
    )
    total = float(vehicle_km.sum())
    return Layer(name, weight, "relative vehicle-km", total, max(total - float(weight.sum()), 0.0), figures)


def _weigh_drives(
    network: RoadNetwork, cover: CellCover, people: Floats, seed: int, own: FigureFiles | None
) -> Layer:
    """Sum the drives over each edge times its length, laid along the line between its nodes."""
    name = LayerName.TRAFFIC
    n_sources = read_layer_figures(own)["betweenness_sources"]
    mass = share_people_among_nodes(network, cover, people)
    drives: DriveSample = sample_drives(network.seconds, mass, n_sources=int(n_sources.value), seed=seed)
    lonlat = np.column_stack(to_degrees(network.node_xy_m[:, 0], network.node_xy_m[:, 1], network.crs))
    start, end = lonlat[drives.start_pos], lonlat[drives.end_pos]
    length_m = _measure(start, end, cover)
    vehicle_km = length_m * drives.flow / METRES_PER_KM
    weight = lay_along(start, end, length_m, vehicle_km, cover)
    figures = (
        n_sources.rename(f"{name}: sampled starting points of drives"),
        compute_figure(f"{name}: starting points that were used", drives.n_sources, "nodes", f"seed {seed}"),
        compute_figure(
            f"{name}: fastest drives between people, by length",
            float(weight.sum()),
            "relative vehicle-km",
            "computed: betweenness of sampled drives, demand.traffic",
        ),
    )
    total = float(vehicle_km.sum())
    return Layer(name, weight, "relative vehicle-km", total, max(total - float(weight.sum()), 0.0), figures)


def share_people_among_nodes(network: RoadNetwork, cover: CellCover, people: Floats) -> Floats:
    """Share the people of each cell evenly among its nodes at which a trip may start, shape (n_nodes,)."""
    lon, lat = to_degrees(network.node_xy_m[:, 0], network.node_xy_m[:, 1], network.crs)
    cell_pos = np.where(network.is_joinable, cover.find_cells(lon, lat), -1)
    inside = cell_pos >= 0
    n_nodes = np.bincount(cell_pos[inside], minlength=cover.n_cells)
    mass = np.zeros(len(cell_pos))
    mass[inside] = people[cell_pos[inside]] / n_nodes[cell_pos[inside]]
    return mass


def _measure(start: Floats, end: Floats, cover: CellCover) -> Floats:
    start_m, end_m = (np.column_stack(to_metric(ends[:, 0], ends[:, 1], cover.crs)) for ends in (start, end))
    return np.asarray(np.hypot(*(end_m - start_m).T), dtype=np.float64)
