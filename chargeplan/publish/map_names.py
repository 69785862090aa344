"""What names on the map are in Urdu: of stations and other sites, zones, places and roads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chargeplan.publish.map_words import read_urdu_words
from chargeplan.script_names import find_urdu_name, split_scripts
from chargeplan.site_names import ToldName, tell_sites
from chargeplan.text import clean_text, show_name
from chargeplan.zone_words import NO_ZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd

    from chargeplan.publish.bundle import RunBundle

_NEAR = re.compile(r"near (.+)")
_NUMBERED = re.compile(r"Hexagon (\d+)")
_FROM_RIGHT = "\u200f"  # else a browser lays the text out by the English name at its beginning
_ISOLATED = "\u2068{}\u2069"  # a name in either direction, inside a text of the other


def list_urdu_names(bundle: RunBundle, sites: pd.DataFrame) -> dict[str, str]:
    """List what the names on the page are in Urdu, by the shown name, sorted; those without one are left out.

    Places and roads bear what the map data say. A site bears its own Urdu name, else what it was called by: its kind
    and where it stands. A hexagon that was named after something nearby is named so in Urdu too.

    Parameters
    ----------
    bundle : RunBundle
    sites : pandas.DataFrame
        As from `build_site_results`.
    """
    names = {NO_ZONE: read_urdu_words()[NO_ZONE]}
    names |= _keep_urdu(_list_given(bundle))
    removed = bundle.sites.removed.to_dict("records")
    names |= _keep_urdu((clean_text(row["name"]), find_urdu_name(row)) for row in removed)

    def find(name: str) -> str:
        return names.get(name, "")

    zones = [clean_text(name) for name in bundle.cells.zones["zone_name"]]
    if bundle.cells.zones_are_cells:
        names |= _keep_urdu((zone, _say_near(zone, find)) for zone in zones)
    told = tell_sites(sites, bundle.network, sites["zone_name"].tolist())
    names |= _keep_urdu(
        (clean_text(row["shown_name"]), _say_site(row, name, find))
        for row, name in zip(sites.to_dict("records"), told, strict=True)
    )
    return dict(sorted(names.items()))


def _list_given(bundle: RunBundle) -> Iterable[tuple[str, str]]:
    """List the Urdu names of roads and places that the map data give; a place goes before a road."""
    tables = [bundle.network.urdu_names]
    if bundle.settlements is not None:
        tables.append(bundle.settlements.table.iloc[::-1])  # of places of one name the first counts
    for table in tables:
        yield from zip(map(clean_text, table["name"]), map(clean_text, table["name_ur"]), strict=True)


def _keep_urdu(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {shown: urdu for shown, urdu in pairs if shown and urdu and shown != urdu}


def _say_near(zone: str, find: Callable[[str], str]) -> str:
    numbered, match = _NUMBERED.fullmatch(zone), _NEAR.fullmatch(zone)
    if numbered is not None:
        return read_urdu_words()["Hexagon {n}"].format(numbered[1])
    if match is None:
        return ""
    return _FROM_RIGHT + read_urdu_words()["near {=}"].format(_isolate(match[1], find))


def _say_site(row: Mapping[str, object], name: ToldName, find: Callable[[str], str]) -> str:
    """Say in Urdu what a site is called; empty where it has a name, and in English alone."""
    if show_name(row, ""):
        text = find_urdu_name(row)
    else:
        text = read_urdu_words().get(str(row["kind"]).replace("_", " ").capitalize(), "")
    if not text:
        return ""
    if name.at:
        text += f"، {_isolate(name.at, find)}"
    if name.zone:
        text += f" ({_isolate(name.zone, find)})"
    return f"{text} {name.number}" if name.number > 1 else text


def _isolate(name: str, find: Callable[[str], str]) -> str:
    """Set a name into an Urdu text: in Urdu where it has such a name, else apart in its own direction."""
    return find(name) or split_scripts(name).urdu or _ISOLATED.format(name)
