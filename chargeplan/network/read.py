"""Read an OpenStreetMap file into the road network and the places of a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
import shapely

from chargeplan.errors import DataError
from chargeplan.geo import to_metric
from chargeplan.network.chains import Chains, contract_chains
from chargeplan.network.components import keep_strongest
from chargeplan.network.cut import build_buffered_area
from chargeplan.network.drawing import describe_roads, draw_shapes, find_drawn_class
from chargeplan.network.map_places import build_places
from chargeplan.network.osm_file import KEY, OsmContent
from chargeplan.network.road_file import read_road_file
from chargeplan.network.road_names import count_pairs, tabulate_urdu_names
from chargeplan.network.segments import Segments, build_segments
from chargeplan.network.source import check_cover, check_file, describe_source, note_buffer
from chargeplan.network.speeds import read_speed_table
from chargeplan.network.tags import MOTORWAY_CODES
from chargeplan.records import DataSource, MapPlaces, RoadNetwork

if TYPE_CHECKING:
    from chargeplan.config.settings import NetworkSettings
    from chargeplan.network.speeds import SpeedTable
    from chargeplan.network.ways import Ways
    from chargeplan.records import StudyArea


@dataclass(frozen=True, slots=True, eq=False)
class NetworkReading:
    """What one OpenStreetMap file brings.

    Parameters
    ----------
    network : RoadNetwork
        Roads of the study area and its buffer.
    places : MapPlaces
        Places inside the study area.
    source : DataSource
        The file, for the run record and the attribution.
    """

    network: RoadNetwork
    places: MapPlaces
    source: DataSource

    @property
    def limits(self) -> tuple[str, ...]:
        """What the data cannot tell or lack; a planner is warned of each."""
        return self.source.limits


def read_network(area: StudyArea, settings: NetworkSettings) -> NetworkReading:
    """Read the roads and places of a study area.

    Raises
    ------
    DataError
        When the file or the table of speeds cannot be used, the file is not the one its
        manifest describes, the study area reaches beyond what it covers, or no drivable
        network lies in the area.
    """
    table = read_speed_table(settings.speeds)
    checked = check_file(settings.path)
    buffered = build_buffered_area(area, settings.buffer_km)
    check_cover(checked, area)
    content = read_road_file(settings.path, buffered.bounds, table, speed_factor=settings.speed_factor)
    note_buffer(checked, area, buffered, content.repairs)
    network, places = assemble_network(
        content, area, buffered, table, speed_factor=settings.speed_factor, source=settings.path.name
    )
    source = describe_source(checked, content.data_date, (*checked.limits, *content.limits))
    return NetworkReading(network, places, source)


def assemble_network(
    content: OsmContent,
    area: StudyArea,
    boundary: shapely.Geometry,
    table: SpeedTable,
    *,
    speed_factor: float,
    source: str,
) -> tuple[RoadNetwork, MapPlaces]:
    """Make the network and the places of a study area from what a file brought.

    Parameters
    ----------
    content : OsmContent
    area : StudyArea
    boundary : shapely.Geometry
        The area with its buffer, EPSG:4326.
    table : SpeedTable
    speed_factor : float
    source : str
        Name of the file or graph, for messages and places.

    Raises
    ------
    DataError
        When no drivable network lies in the area.
    """
    repairs = content.repairs
    ways, segments = build_segments(
        content.roads,
        content.locations,
        table,
        boundary=boundary,
        speed_factor=speed_factor,
        repairs=repairs,
    )
    if segments.start.size == 0:
        raise DataError(_explain_no_road(content, area, source))
    strongest = keep_strongest(segments, ways, repairs)
    if strongest.node_id.size < 2:
        raise DataError(
            f"{KEY}: the {segments.node_id.size} road nodes of {source} in the study area "
            "form no network: none can be driven to and back from; check the oneway tags or use a "
            "larger extract"
        )
    places = build_places(content, area, source, repairs)
    return _build_network(strongest, ways, content, crs=area.crs), places


def _explain_no_road(content: OsmContent, area: StudyArea, file_name: str) -> str:
    if content.n_roads_in_file == 0:
        return (
            f"{KEY}: {file_name} holds no road that a car may use; use an OpenStreetMap extract with highways"
        )
    if content.bounds is None:
        return (
            f"{KEY}: {file_name} has {content.n_roads_in_file} roads but not the nodes they run over; "
            "get an extract with nodes and ways"
        )
    wanted, held = (
        ", ".join(f"{bound:.4f}" for bound in box) for box in (area.boundary.bounds, content.bounds)
    )
    return (
        f"{KEY}: no drivable road of {file_name} lies in the study area; the area's box (west, south, east, "
        f"north) is {wanted}, the data's box {held}; use an extract of the area or correct study.area"
    )


def _build_network(segments: Segments, ways: Ways, content: OsmContent, *, crs: str) -> RoadNetwork:
    drawn_class = find_drawn_class(segments, ways)
    must_keep = None if content.kept_node_id is None else np.isin(segments.node_id, content.kept_node_id)
    chains = contract_chains(segments, drawn_class, must_keep)
    kept = np.unique(np.concatenate([chains.start, chains.end]))
    is_motorway = np.isin(ways.class_code[segments.way], MOTORWAY_CODES)
    is_joinable = np.zeros(segments.node_id.size, np.bool_)
    is_joinable[segments.start[~is_motorway]] = True
    is_joinable[segments.end[~is_motorway]] = True
    lonlat, offsets = draw_shapes(chains, segments)
    tagged_m = segments.length_m[ways.is_tagged[segments.way]].sum()
    return RoadNetwork(
        node_id=segments.node_id[kept],
        node_xy_m=np.column_stack(to_metric(segments.lon[kept], segments.lat[kept], crs)),
        is_joinable=is_joinable[kept],
        seconds=_build_seconds(chains, kept),
        roads=describe_roads(chains, segments, ways, drawn_class),
        road_lonlat=lonlat,
        road_offsets=offsets,
        crs=crs,
        imputed_speed_share=float(1.0 - tagged_m / segments.length_m.sum()),
        repairs=content.repairs.make_table(),
        data_date=content.data_date,
        urdu_names=tabulate_urdu_names(count_pairs(content.roads.name, content.roads.name_ur), ways.name),
    )


def _build_seconds(chains: Chains, kept: np.ndarray[tuple[int], np.dtype[np.int64]]) -> sp.csr_array:
    """Build the matrix of driven seconds; of parallel pieces the fastest counts."""
    start, end = np.searchsorted(kept, chains.start), np.searchsorted(kept, chains.end)
    row, column = np.concatenate([start, end]), np.concatenate([end, start])
    seconds = np.concatenate([chains.forward_s, chains.backward_s])
    is_edge = np.isfinite(seconds) & (row != column)
    row, column, seconds = row[is_edge], column[is_edge], seconds[is_edge]
    order = np.lexsort((seconds, column, row))
    row, column, seconds = row[order], column[order], seconds[order]
    is_fastest = np.ones(row.size, np.bool_)
    is_fastest[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    return sp.coo_array(
        (seconds[is_fastest], (row[is_fastest], column[is_fastest])), shape=(kept.size, kept.size)
    ).tocsr()
