"""People from totals of zones alone, spread over the roads inside each zone."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np
import shapely

from chargeplan.demand.explain import compute_figure
from chargeplan.demand.overlap import draw_cells
from chargeplan.demand.people import CellPeople
from chargeplan.errors import DataError
from chargeplan.geo import WGS84, project_geometry

if TYPE_CHECKING:
    from chargeplan.demand.cells import CellCover
    from chargeplan.demand.zone_totals import PeopleZones
    from chargeplan.records import Floats

LOG = logging.getLogger(__name__)


def spread_zones(zones: PeopleZones, cover: CellCover, road_m: Floats) -> CellPeople:
    """Spread the people of each zone over its part of each cell by road length.

    The part of a zone outside the study area keeps its share of the people by area; the strips
    along the edge of the area that no cell covers keep nobody. Where a zone has no road, its people
    are spread by area.

    Parameters
    ----------
    zones : PeopleZones
    cover : CellCover
    road_m : ndarray of float64, shape (n_cells,)

    Raises
    ------
    DataError
        When no zone with people reaches into the study area.
    """
    # Cut in degrees, where the edges of a zone and of the area that coincide are the same lines.
    drawn = shapely.intersection(zones.outline, cover.boundary)
    outline = np.array([project_geometry(one, WGS84, cover.crs) for one in drawn], dtype=object)
    whole = np.array([project_geometry(one, WGS84, cover.crs) for one in zones.outline], dtype=object)
    hexagons = draw_cells(cover, np.arange(cover.n_cells))
    cell, zone = shapely.STRtree(outline).query(hexagons, predicate="intersects")
    shared_m2 = shapely.area(shapely.intersection(hexagons[cell], outline[zone]))
    n_zones = len(zones.zone_id)
    is_reached = np.bincount(zone, shared_m2, n_zones) > 0
    inside_share = np.where(is_reached, np.minimum(shapely.area(outline) / shapely.area(whole), 1.0), 0.0)
    people_inside = zones.people * inside_share
    by_road = shared_m2 / shapely.area(hexagons)[cell] * road_m[cell]
    has_road = np.bincount(zone, by_road, n_zones) > 0
    weight = np.where(has_road[zone], by_road, shared_m2)
    total = np.bincount(zone, weight, n_zones)
    share = np.divide(weight, total[zone], out=np.zeros(len(weight)), where=total[zone] > 0)
    people = np.bincount(cell, people_inside[zone] * share, cover.n_cells)
    if not people.sum() > 0:
        west, south, east, north = zones.bounds
        raise DataError(
            f"demand.population.zones: no zone with people reaches into the study area; they lie in the box "
            f"[{west:.3f}, {south:.3f}, {east:.3f}, {north:.3f}] (west, south, east, north); use zones of this area"
        )
    people_in, inside = float(zones.people.sum()), float(people_inside.sum())
    LOG.info("%.0f people in zones, %.0f of them in the study area", people_in, inside)
    figures = (
        *zones.explain(),
        *(
            compute_figure(f"share of zone {name} in the study area, by area", value, "share")
            for name, value in zip(zones.zone_id, inside_share, strict=True)
        ),
        compute_figure("people read", people_in, "people"),
        compute_figure("people outside the study area", people_in - inside, "people"),
        compute_figure(
            "people spread by area, for want of roads", float(people_inside[~has_road].sum()), "people"
        ),
    )
    return CellPeople(np.asarray(people, dtype=np.float64), people_in, people_in - inside, figures)
