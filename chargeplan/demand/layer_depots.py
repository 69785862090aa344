"""Layer: depots, whose vehicles charge there and at no public station; each class has its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chargeplan.demand.explain import Figure, compute_figure
from chargeplan.demand.figures_file import name_figures, parse_not_negative, read_figures
from chargeplan.demand.layer import Layer
from chargeplan.demand.layer_industry import measure_industry
from chargeplan.errors import DataError, FaultCollector
from chargeplan.vehicle_words import name_class
from chargeplan.words import LayerName, PlaceKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chargeplan.config.settings import FigureFiles
    from chargeplan.demand.attraction import Attraction
    from chargeplan.demand.cells import CellCover
    from chargeplan.records import Floats

UNIT = "relative energy of depots"
ANY_CLASS = "any"
INDUSTRIAL_LAND, MAIN_ROADS = "industrial_land", "main_roads"
_COLUMNS = ("class", "kind", "rank", "weight", "unit", "source", "confidence")
_UNITS = {
    INDUSTRIAL_LAND: "relative energy of a hectare",
    MAIN_ROADS: "relative energy of a vehicle-km",
    **{kind.value: "relative energy of a depot" for kind in PlaceKind},
}


@dataclass(frozen=True, slots=True)
class DepotWeight:
    """How much of the depot energy of a class one kind of place, or of land, draws.

    Parameters
    ----------
    kind : str
        Word of `PlaceKind`, or `INDUSTRIAL_LAND` or `MAIN_ROADS`.
    rank : int
        1 for the depots of the class; 2 and more for what stands in where those before are lacking.
    figure : Figure
    """

    kind: str
    rank: int
    figure: Figure


@dataclass(frozen=True, slots=True, eq=False)
class Depots:
    """Where a vehicle class charges at depots.

    Parameters
    ----------
    layer : Layer
    lacking : str
        Kinds of place of the class when none of them lies in the study area, else empty.
    taken : str
        On what the energy lies, in words.
    """

    layer: Layer
    lacking: str
    taken: str

    def doubt(self, vehicle_class: str, kwh_day: float) -> str:
        """Tell how much energy lies elsewhere for want of a depot."""
        return f"{name_class(vehicle_class)}, {kwh_day:,.0f} kWh/day (no {self.lacking} is known; laid {self.taken})"


def weigh_depots(
    classes: Sequence[str],
    attraction: Attraction,
    traffic: Layer,
    cover: CellCover,
    own: FigureFiles | None = None,
) -> dict[str, Depots]:
    """Weigh the depots of each class by the kinds of place and land that such vehicles use.

    The kinds of the first rank that has anything in the study area count, and no others. Where
    no rank has, the weight is 0 everywhere.

    Parameters
    ----------
    classes : sequence of str
        Vehicle classes that charge at depots.
    attraction : Attraction
    traffic : Layer
        Along main roads.
    cover : CellCover
    own : FigureFiles or None
        The planner's files of figures.

    Raises
    ------
    DataError
        When data/demand/depot_weights.csv cannot be used.
    """
    weights = read_depot_weights(own)
    amounts: dict[str, tuple[Floats, float]] = {MAIN_ROADS: (traffic.weight, traffic.outside)}
    kind = attraction.table["kind"].to_numpy()
    for word in {row.kind for rows in weights.values() for row in rows} & set(PlaceKind):
        amounts[word] = attraction.sum_by_cell((kind == word).astype(np.float64))
    amounts[INDUSTRIAL_LAND] = measure_industry(attraction, cover)
    return {name: _weigh_class(name, weights.get(name, weights[ANY_CLASS]), amounts) for name in classes}


def _weigh_class(
    name: str, rows: Sequence[DepotWeight], amounts: Mapping[str, tuple[Floats, float]]
) -> Depots:
    present = [row for row in rows if row.figure.value * float(amounts[row.kind][0].sum()) > 0]
    rank = min((row.rank for row in present), default=0)
    used = [row for row in present if row.rank == rank]
    weight = sum(
        (row.figure.value * amounts[row.kind][0] for row in used), np.zeros(len(amounts[MAIN_ROADS][0]))
    )
    outside = sum(row.figure.value * amounts[row.kind][1] for row in used)
    own = [row.kind for row in rows if row.rank == 1 and row.kind in set(PlaceKind)]
    counts = {kind: int(amounts[kind][0].sum()) for kind in own}
    taken = "on " + " and ".join(_word(row.kind) + "s" * (row.kind in set(PlaceKind)) for row in used)
    step = f"{LayerName.DEPOTS} of the class {name}"
    figures = (
        *(compute_figure(f"{step}: {_word(kind)}", count, "places") for kind, count in counts.items()),
        *(row.figure.rename(f"{step}: weight of {_word(row.kind)}") for row in used),
        compute_figure(
            f"{step}: fixed loads that no station serves",
            float(weight.sum()),
            UNIT,
            f"computed: {taken if used else 'nothing of its kinds is there'}",
        ),
    )
    layer = Layer(LayerName.DEPOTS, weight, UNIT, float(weight.sum()) + outside, outside, figures)
    lacking = "" if any(counts.values()) else " or ".join(map(_word, own)) or "depot of the class"
    return Depots(layer, lacking, taken if used else "where people live")


def _word(kind: str) -> str:
    return kind.replace("_", " ")


def read_depot_weights(own: FigureFiles | None = None) -> dict[str, list[DepotWeight]]:
    """Read the weights of the kinds of depot by class; a class without lines takes those of "any".

    Raises
    ------
    DataError
        When a line names an unknown kind, another unit or no rank, is there twice, or the class "any" is
        missing; every line at fault is named.
    """
    faults = FaultCollector(DataError)
    weights: dict[str, list[DepotWeight]] = {}
    seen = set[tuple[str, str]]()
    for where, row in read_figures("depot_weights", own, _COLUMNS):
        key = row["class"], row["kind"]
        if key in seen:
            faults.add(f"{where}: {row['kind']} of {row['class']} is there already")
        seen.add(key)
        if row["kind"] not in _UNITS:
            faults.add(
                f'{where}: "{row["kind"]}" is no kind of depot; expected {INDUSTRIAL_LAND}, {MAIN_ROADS} or a kind '
                f"of place ({', '.join(PlaceKind)})"
            )
        elif row["unit"] != _UNITS[row["kind"]]:
            faults.add(f'{where}: the unit is "{row["unit"]}"; expected {_UNITS[row["kind"]]}')
        if not (row["rank"].isascii() and row["rank"].isdigit() and int(row["rank"]) > 0):
            faults.add(f'{where}: rank is "{row["rank"]}"; expected 1, or 2 and more for what stands in')
            continue
        value = parse_not_negative(row["weight"], f"{where}: weight", faults)
        figure = Figure("", value, row["unit"], row["source"], row["confidence"])
        weights.setdefault(row["class"], []).append(DepotWeight(row["kind"], int(row["rank"]), figure))
    if ANY_CLASS not in weights:
        faults.add(f'{name_figures("depot_weights", own)} has no line of the class "{ANY_CLASS}"; add one')
    faults.raise_if_any()
    return weights
