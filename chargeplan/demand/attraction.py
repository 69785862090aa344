"""Places that draw charging: each counted once, weighed by its kind, summed per cell."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import name_figures
from chargeplan.demand.kind_figures import read_kind_figures
from chargeplan.geo import to_metric
from chargeplan.land import join_land
from chargeplan.places import read_place_file

if TYPE_CHECKING:
    from chargeplan.config.settings import FigureFiles, PlacesSettings
    from chargeplan.demand.cells import CellCover
    from chargeplan.records import Bools, Floats, LandAreas, MapPlaces
    from chargeplan.words import PlaceKind

LOG = logging.getLogger(__name__)

SAME_PLACE_M = 30.0
SAME_NAME_M = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Attraction:
    """The places of a study, each once, and how strongly those of each cell draw charging.

    Parameters
    ----------
    weight : ndarray of float64, shape (n_cells,)
        Sum of the weights of the places in each cell.
    figures : tuple of Figure
        How many places were read, counted and left out.
    table : pandas.DataFrame
        Each place once: kind, weight (of its kind), cell_pos (-1 outside the study area), area_m2.
    land : LandAreas
        Areas read with the places.
    """

    weight: Floats
    figures: tuple[Figure, ...]
    table: pd.DataFrame
    land: LandAreas

    def sum_by_cell(self, weight: Floats) -> tuple[Floats, float]:
        """Sum a weight of each place over the cells, and that of the places outside."""
        cell_pos = self.table["cell_pos"].to_numpy()
        inside = cell_pos >= 0
        by_cell = np.bincount(cell_pos[inside], weights=weight[inside], minlength=len(self.weight))
        return np.asarray(by_cell, dtype=np.float64), float(weight[~inside].sum())


def weigh_places(
    map_places: MapPlaces, settings: PlacesSettings, cover: CellCover, own: FigureFiles | None = None
) -> Attraction:
    """Sum the weights of the places in each cell.

    Places in no cell are ignored and counted. A place read twice counts once.

    Raises
    ------
    DataError
        When a place file cannot be used.
    """
    weights = read_kind_weights(settings, own)
    read = [map_places] if settings.from_network_file else []
    read += [
        read_place_file(path, f"demand.places.paths[{number}]") for number, path in enumerate(settings.paths)
    ]
    tables = [places.table for places in read]
    places = pd.concat(tables, ignore_index=True) if tables else map_places.table.iloc[:0]
    cell_pos = cover.find_cells(places["lon"].to_numpy(), places["lat"].to_numpy())
    is_inside = cell_pos >= 0
    is_repeat = np.zeros(len(places), dtype=np.bool_)
    is_repeat[is_inside] = find_repeats(places[is_inside].reset_index(drop=True), cover.crs)
    table = places.loc[~is_repeat, ["kind", "area_m2"]].reset_index(drop=True)
    kind_weight = table["kind"].map({kind.value: value for kind, value in weights.items()})
    table = table.assign(weight=kind_weight.astype("float64"), cell_pos=cell_pos[~is_repeat])
    inside = table["cell_pos"].to_numpy() >= 0
    weight = np.bincount(
        table["cell_pos"].to_numpy()[inside],
        weights=table["weight"].to_numpy()[inside],
        minlength=cover.n_cells,
    )
    n_outside, n_counted = int((~is_inside).sum()), int(inside.sum())
    LOG.info(
        "%d places read: %d outside the study area, %d repeats, %d counted",
        len(places),
        n_outside,
        int(is_repeat.sum()),
        n_counted,
    )
    figures = (
        compute_figure("places read", len(places), "places"),
        compute_figure("places outside the study area", n_outside, "places"),
        compute_figure("places read twice, counted once", int(is_repeat.sum()), "places"),
        compute_figure("places counted", n_counted, "places"),
        Figure(
            "weight of all places",
            float(weight.sum()),
            "weight",
            name_figures("place_weights", own) + (" and demand.places.weights" if settings.weights else ""),
            "assumption",
        ),
    )
    land = join_land([places.land for places in read])
    return Attraction(np.asarray(weight, dtype=np.float64), figures, table, land)


def read_kind_weights(settings: PlacesSettings, own: FigureFiles | None = None) -> dict[PlaceKind, float]:
    """Read the weight of each kind of place, with the planner's changes.

    Raises
    ------
    DataError
        When the project's own table names a kind twice, an unknown one, or not all.
    """
    return read_kind_figures("place_weights", "weight", own, settings.weights)


def find_repeats(places: pd.DataFrame, crs: str) -> Bools:
    """Find places that an earlier row holds already.

    Two rows are the same place when they have the same kind and either the same name within
    100 m, or lie within 30 m of each other; two rows of one file with different names are
    never the same (neighbouring banks), those of two files may be (a place spelt otherwise).

    Parameters
    ----------
    places : pandas.DataFrame
        Columns of `tables.PLACES`; the first of two repeats is kept.
    crs : str
        Metric CRS.

    Returns
    -------
    ndarray of bool, shape (n_places,)
    """
    from scipy.spatial import cKDTree

    is_repeat = np.zeros(len(places), dtype=np.bool_)
    if len(places) < 2:
        return is_repeat
    xy_m = np.column_stack(to_metric(places["lon"].to_numpy(), places["lat"].to_numpy(), crs))
    pairs = cKDTree(xy_m).query_pairs(SAME_NAME_M, output_type="ndarray")
    first, second = pairs.min(axis=1), pairs.max(axis=1)
    kind = places["kind"].to_numpy()
    name = places["name"].str.casefold().to_numpy()
    source = places["source"].to_numpy()
    same_name = (name[first] == name[second]) & (name[first] != "")
    both_named = (name[first] != "") & (name[second] != "")
    near = np.hypot(*(xy_m[first] - xy_m[second]).T) <= SAME_PLACE_M
    may_be_same = near & (~both_named | (source[first] != source[second]))
    same = (kind[first] == kind[second]) & (same_name | may_be_same)
    order = np.lexsort((first[same], second[same]))
    # A row is a repeat only of a row that is kept, so the pairs are gone through in order.
    for earlier, later in zip(first[same][order].tolist(), second[same][order].tolist(), strict=True):
        if not is_repeat[earlier]:
            is_repeat[later] = True
    return is_repeat
