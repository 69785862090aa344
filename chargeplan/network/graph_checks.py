"""What a street graph of osmnx lacks and what is odd in it: said and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chargeplan.network.graph_tags import is_true
from chargeplan.osm.file_formats import GRAPH_LIMIT
from chargeplan.text import clean_text
from chargeplan.units import METRES_PER_KM

if TYPE_CHECKING:
    from chargeplan.network.graph_lines import EdgeLines
    from chargeplan.network.graph_tables import GraphTables
    from chargeplan.network.graph_tags import EdgeTags
    from chargeplan.network.repairs import RepairLog

Floats = NDArray[np.float64]

# osmnx measures on a sphere: up to 0.35 % off the ellipsoid in Pakistan.
_LENGTH_TOLERANCE = 0.01
_LENGTH_SLACK_M = 1.0


def note_repairs(lines: EdgeLines, tags: list[EdgeTags], length_m: Floats, repairs: RepairLog) -> None:
    """Note what is odd in a graph, edges by the ids of their ways."""

    def name_ways(rows: list[int]) -> list[int]:
        return [tags[row].way_id for row in rows]

    stated_m = np.array([tag.length_m for tag in tags])
    is_off = np.abs(stated_m - length_m) > _LENGTH_SLACK_M + _LENGTH_TOLERANCE * length_m
    closed = [row for row, tag in enumerate(tags) if tag.is_partly_closed]
    repairs.add(
        "edges whose length is not that of their line (by more than 1 % and 1 m); the line counts (ways named)",
        name_ways(np.flatnonzero(is_off).tolist()),
    )
    repairs.add("edges whose geometry is no line; drawn straight (ways named)", name_ways(lines.not_a_line))
    repairs.add(
        "edges whose line does not end at their nodes; joined to them by straight pieces (ways named)",
        name_ways(lines.not_at_nodes),
    )
    repairs.add("edges whose line ran from end to start; turned (ways named)", name_ways(lines.turned))
    repairs.add(
        "edges joined of roads for cars and other ways (service roads, footways); left out (ways named)",
        name_ways(closed),
    )


def list_limits(
    graph: GraphTables, tags: list[EdgeTags], length_m: Floats, *, is_own: bool
) -> tuple[str, ...]:
    """List in words what a graph cannot tell."""
    limits = [
        f"The roads come from a street graph ({_name_maker(graph)}); the date of its OpenStreetMap data is not in it.",
        GRAPH_LIMIT,
        "Which roads the graph leaves out, service roads or private ones, is not noted in it, and whether its "
        "download was complete cannot be told.",
    ]
    if not is_own:
        limits.append(_describe_joining(graph, tags))
        limits.append(
            "One-way streets are as osmnx took them (a motorway or circular junction without a oneway tag is open both "
            "ways), and of the tags that close a road to cars only access is known."
        )
    if is_true(graph.facts.get("consolidated")):
        limits.append(
            "Its junctions were merged by osmnx (consolidated), so node numbers are not those of OpenStreetMap."
        )
    if not graph.is_directed:
        limits.append(
            "Both directions of a road share one edge in it (saved undirected, as osmnx does for GeoPackage): of two "
            "one-way roads on one and the same line only one is left."
        )
    limits.extend(_compare_lengths(tags, length_m))
    limits.extend(f"While it was read: {warning}." for warning in graph.warnings)
    return tuple(limits)


def _name_maker(graph: GraphTables) -> str:
    words = [clean_text(str(graph.facts.get(name, ""))) for name in ("created_with", "created_date")]
    return " of ".join(word[:60] for word in words if word) or "maker and date not noted"


def _describe_joining(graph: GraphTables, tags: list[EdgeTags]) -> str:
    n_mixed = sum(tag.has_several_classes and tag.class_code >= 0 for tag in tags)
    simplified = graph.facts.get("simplified")
    if simplified is None:
        how = "Whether osmnx joined ways between junctions is not noted in it"
    elif is_true(simplified):
        how = "osmnx joined the ways between junctions"
    else:
        how = "Its ways are not joined between junctions"
    return (
        f"{how}; {n_mixed:,} of {len(tags):,} edges are joined of ways of different class, and bear the slowest of "
        "them and of their speed limits."
    )


def _compare_lengths(tags: list[EdgeTags], length_m: Floats) -> list[str]:
    stated_m = np.array([tag.length_m for tag in tags])
    is_both = np.isfinite(stated_m) & np.isfinite(length_m)
    if not is_both.any():
        return ["Its edges state no lengths by which their lines could be checked."]
    stated_km, drawn_km = (float(part[is_both].sum()) / METRES_PER_KM for part in (stated_m, length_m))
    if abs(stated_km - drawn_km) <= _LENGTH_TOLERANCE * drawn_km:
        return []
    return [
        f"Its edges state {stated_km:,.1f} km but their lines measure {drawn_km:,.1f} km: lines were lost or "
        "changed; times are of the lines."
    ]
