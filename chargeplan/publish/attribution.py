"""Who made the data, under which licence, of which date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chargeplan.text import clean_text

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle

NOT_STATED = "not stated"


def list_sources(bundle: RunBundle) -> list[dict[str, Any]]:
    """List the input files as plain data, in the order of their keys."""
    ordered = sorted(bundle.sources, key=lambda source: (source.key, source.file_name))
    return [
        {
            "key": clean_text(source.key),
            "file_name": clean_text(source.file_name),
            "sha256": source.sha256,
            "size_bytes": source.size_bytes,
            "licence": clean_text(source.licence),
            "attribution": clean_text(source.attribution),
            "data_date": clean_text(source.data_date),
            "endpoint": clean_text(source.endpoint),
            "limits": [clean_text(limit) for limit in source.limits],
        }
        for source in ordered
    ]


def state_licences(bundle: RunBundle) -> list[dict[str, Any]]:
    """List the input files as `list_sources` does, and where a file states no licence what the planner's credits say.

    A credit names data, not a file: with several, each such file shows them all.
    """
    credited = " · ".join(clean_text(line) for line in bundle.credits)
    return [
        source | {"licence": f"not in the file; credited by the planner: {credited}"}
        if credited and source["licence"] == NOT_STATED and not source["attribution"]
        else source
        for source in list_sources(bundle)
    ]


def describe_attribution(bundle: RunBundle) -> str:
    """Write the line under the map: each source once, then the planner's own credits.

    Files without an attribution text are listed in the sources but not here.
    """
    credit_lines: dict[str, None] = {}
    for source in list_sources(bundle):
        if source["attribution"]:
            details = [
                str(source["licence"]) if source["licence"] != NOT_STATED else "",
                f"data of {source['data_date']}" if source["data_date"] else "",
            ]
            shown = ", ".join(detail for detail in details if detail)
            credit_lines[f"{source['attribution']} ({shown})" if shown else str(source["attribution"])] = None
    credit_lines |= dict.fromkeys(clean_text(line) for line in bundle.credits)
    return " · ".join(credit_lines)
