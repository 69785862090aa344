"""What is said of the zones that a plan is to be fair to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NO_ZONE = "(no zone)"  # id and name of what lies outside every polygon of a zone layer
_MOST_NAMED = 20


def describe_stand_ins(keys: Sequence[str]) -> str:
    """Say that hexagons stand in for the zones that settings speak of; nothing without such settings.

    Parameters
    ----------
    keys : sequence of str
        The settings that speak of zones.
    """
    if not keys:
        return ""
    return (
        "the plan has rules about zones, and the study has none: hexagons some 7 km across (H3 cells of resolution 6) "
        f"stand in for them; give districts or wards (study.zones; asked for by {' and '.join(keys)})"
    )


def describe_unknown_zones(names: Iterable[str], known: Sequence[str], where: str) -> list[str]:
    """Say for each zone with a floor of its own that is not known which one is nearest.

    Parameters
    ----------
    names : iterable of str
        Keys of ``model.equity.zone_floor_share``.
    known : sequence of str
    where : str
        What lacks the zone, such as "the study".
    """
    from difflib import get_close_matches

    only = ", ".join(known[:_MOST_NAMED]) + (
        f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
    )
    faults = []
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f' (did you mean "{near[0]}"?)' if near else ""
            faults.append(
                f"model.equity.zone_floor_share.{name}: {where} has no zone {name}{hint}, only {only}"
            )
    return faults
