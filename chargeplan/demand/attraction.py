"""Places that draw charging: each counted once, weighed by its kind, summed per cell."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import parse_not_negative, read_figure_rows
from chargeplan.errors import DataError, FaultCollector
from chargeplan.files import find_data_file
from chargeplan.geo import to_metric
from chargeplan.places import read_place_file
from chargeplan.words import PlaceKind

if TYPE_CHECKING:
    from chargeplan.config.settings import PlacesSettings
    from chargeplan.demand.cells import CellCover
    from chargeplan.records import Bools, Floats, MapPlaces

LOG = logging.getLogger(__name__)

SAME_PLACE_M = 30.0
SAME_NAME_M = 100.0
_COLUMNS = ("kind", "weight", "source", "confidence")


@dataclass(frozen=True, slots=True, eq=False)
class Attraction:
    """How strongly the places of each cell draw charging.

    Parameters
    ----------
    weight : ndarray of float64, shape (n_cells,)
        Sum of the weights of the places in each cell.
    figures : tuple of Figure
        How many places were read, counted and left out.
    """

    weight: Floats
    figures: tuple[Figure, ...]


def weigh_places(map_places: MapPlaces, settings: PlacesSettings, cover: CellCover) -> Attraction:
    """Sum the weights of the places in each cell.

    Places in no cell are ignored and counted. A place read twice counts once.

    Raises
    ------
    DataError
        When a place file cannot be used.
    """
    weights = read_kind_weights(settings)
    tables = [map_places.table] if settings.from_network_file else []
    tables += [
        read_place_file(path, f"demand.places.paths[{number}]").table
        for number, path in enumerate(settings.paths)
    ]
    places = pd.concat(tables, ignore_index=True) if tables else map_places.table.iloc[:0]
    cell_pos = cover.find_cells(places["lon"].to_numpy(), places["lat"].to_numpy())
    inside = places[cell_pos >= 0].reset_index(drop=True)
    is_repeat = find_repeats(inside, cover.crs)
    counted = inside[~is_repeat]
    kind_weight = counted["kind"].map({kind.value: value for kind, value in weights.items()})
    weight = np.bincount(
        cell_pos[cell_pos >= 0][~is_repeat],
        weights=kind_weight.to_numpy(dtype=np.float64),
        minlength=cover.n_cells,
    )
    LOG.info(
        "%d places read: %d outside the study area, %d repeats, %d counted",
        len(places),
        len(places) - len(inside),
        int(is_repeat.sum()),
        len(counted),
    )
    figures = (
        compute_figure("places read", len(places), "places"),
        compute_figure("places outside the study area", len(places) - len(inside), "places"),
        compute_figure("places read twice, counted once", int(is_repeat.sum()), "places"),
        compute_figure("places counted", len(counted), "places"),
        Figure(
            "weight of all places",
            float(weight.sum()),
            "weight",
            "data/demand/place_weights.csv" + (" and demand.places.weights" if settings.weights else ""),
            "assumption",
        ),
    )
    return Attraction(np.asarray(weight, dtype=np.float64), figures)


def read_kind_weights(settings: PlacesSettings) -> dict[PlaceKind, float]:
    """Read the weight of each kind of place, with the planner's changes.

    Raises
    ------
    DataError
        When the project's own table names a kind twice, an unknown one, or not all.
    """
    path = find_data_file("demand", "place_weights.csv")
    name = "data/demand/place_weights.csv"
    faults = FaultCollector(DataError)
    weights: dict[PlaceKind, float] = {}
    for line, row in read_figure_rows(path, name, _COLUMNS):
        if row["kind"] not in set(PlaceKind):
            faults.add(f'{name} line {line}: "{row["kind"]}" is no kind of place')
        elif PlaceKind(row["kind"]) in weights:
            faults.add(f'{name} line {line}: the kind "{row["kind"]}" is there twice')
        else:
            weights[PlaceKind(row["kind"])] = parse_not_negative(
                row["weight"], f"{name} line {line}: weight", faults
            )
    missing = [kind.value for kind in PlaceKind if kind not in weights]
    if missing:
        faults.add(f"{name} has no weight for {', '.join(missing)}")
    faults.raise_if_any()
    return weights | settings.weights


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
