"""Layer: industrial zones and estates, as places of work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeplan.demand.explain import compute_figure
from chargeplan.demand.figures_file import name_figures
from chargeplan.demand.layer import Layer, read_layer_figures
from chargeplan.demand.layer_places import UNIT, read_dwell_h
from chargeplan.demand.overlap import measure_overlap
from chargeplan.land import unite_land
from chargeplan.units import SQUARE_METRES_PER_HECTARE
from chargeplan.words import LandKind, LayerName, PlaceKind

if TYPE_CHECKING:
    from chargeplan.config.settings import FigureFiles, PlacesSettings
    from chargeplan.demand.attraction import Attraction
    from chargeplan.demand.cells import CellCover
    from chargeplan.records import Floats


def weigh_industry(
    attraction: Attraction, settings: PlacesSettings, cover: CellCover, own: FigureFiles | None = None
) -> Layer:
    """Weigh industrial land by its area, in the unit of the places, so that the two can be added.

    Land drawn twice counts once. A hectare counts `industry_weight_per_ha` of
    data/demand/layers.csv times the hours that a vehicle is parked at an industrial estate.

    Raises
    ------
    DataError
        When a table of the project cannot be used.
    """
    name = LayerName.INDUSTRY
    area_ha, outside_ha = measure_industry(attraction, cover)
    per_ha = read_layer_figures(own)["industry_weight_per_ha"]
    dwell_h = read_dwell_h(settings, own)[PlaceKind.INDUSTRIAL_ESTATE]
    factor = per_ha.value * dwell_h
    kinds = attraction.table["kind"] == PlaceKind.INDUSTRIAL_ESTATE.value
    n_points = int((kinds & attraction.table["area_m2"].isna() & (attraction.table["cell_pos"] >= 0)).sum())
    in_ha = float(area_ha.sum())
    n_areas = int((attraction.land.table["kind"] == LandKind.INDUSTRIAL.value).sum())
    figures = (
        compute_figure(f"{name}: areas that touch the study area", n_areas, "areas"),
        compute_figure(f"{name}: land in the study area", in_ha, "ha", "computed, land drawn twice once"),
        compute_figure(
            f"{name}: places drawn as points, not weighed for want of an area", n_points, "places"
        ),
        per_ha.rename(f"{name}: weight of a hectare"),
        compute_figure(
            f"{name}: weight times hours parked",
            in_ha * per_ha.value * dwell_h,
            UNIT,
            f"computed; {dwell_h:g} h parked, {name_figures('place_dwell', own)}",
        ),
    )
    weight, outside = area_ha * factor, outside_ha * factor
    return Layer(name, weight, UNIT, float(weight.sum()) + outside, outside, figures)


def measure_industry(attraction: Attraction, cover: CellCover) -> tuple[Floats, float]:
    """Measure the industrial land in each cell and outside, hectares; land drawn twice counts once."""
    land = attraction.land.select((attraction.land.table["kind"] == LandKind.INDUSTRIAL.value).to_numpy())
    area_m2, outside_m2 = measure_overlap(unite_land(land), cover)
    return area_m2 / SQUARE_METRES_PER_HECTARE, outside_m2 / SQUARE_METRES_PER_HECTARE
