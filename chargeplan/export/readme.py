"""README.txt of an export: what each file holds, and what must not be done with it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from chargeplan.export.options import ExportFormat
from chargeplan.export.plan import describe_rights, describe_standing
from chargeplan.export.plugs import choose_plugs, describe_plugs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargeplan.export.plan import ExportPlan

README_NAME = "README.txt"
_WIDTH = 100
_PLUGGED = {ExportFormat.OCPI, ExportFormat.OCM}


def write_readme(plan: ExportPlan, rows: Mapping[str, Mapping[str, Any]], *, run_sha256: str) -> str:
    """Write the text.

    Parameters
    ----------
    plan : ExportPlan
    rows : mapping of str to mapping
        Rows of export.json by the name of each file, those of earlier exports among them.
    run_sha256 : str
        Checksum of the run that `plan` was read from.
    """
    rows = {name: row for name, row in sorted(rows.items()) if name != README_NAME}
    lines = [*describe_standing(plan), "", "Files"]
    lines += [f"- {name}: {row['holds']}" for name, row in rows.items()]
    lines += ["", "Data and licences", describe_rights(plan)]
    lines += [
        "",
        "Rules",
        "- A plan is not a fact about the world: it is never uploaded to OpenStreetMap or Open Charge Map,",
        "  by this program or by you. Who builds a station may list it there.",
        "- Keep the line on data and licences with every map or table made from these files.",
    ]
    others = [name for name, row in rows.items() if row["run_sha256"] != run_sha256]
    if others:
        lines += [
            "",
            "Files of an earlier state of the run, or of another run",
            "- The result, and data and licences, are not told here for these; export them again:",
            *(f"  {name}" for name in others),
        ]
    for (heading, notes), names in _group_notes(rows).items():
        lines += ["", f"{heading}: {', '.join(names)}", *(f"- {line}" for line in notes)]
    wrapped = [
        part
        for line in lines
        for part in (textwrap.wrap(line, _WIDTH, subsequent_indent="  ", break_long_words=False) or [""])
    ]
    return "\n".join(wrapped) + "\n"


def list_notes(plan: ExportPlan, form: ExportFormat) -> dict[str, list[str]]:
    """List what a file of a format holds beyond the plan, by heading: it depends on the options of its export."""
    notes = {}
    if form in _PLUGGED:
        plugs = choose_plugs(plan.bundle.request, plan.options.plugs)
        notes["Plugs (a plan decides power, not plugs)"] = describe_plugs(plugs)
    if form == ExportFormat.OCPI:
        notes["OCPI"] = describe_ocpi(plan)
    return notes


def _group_notes(rows: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Group files by what is told of them."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, row in rows.items():
        for heading, lines in row["notes"].items():
            groups.setdefault((heading, tuple(lines)), []).append(name)
    return groups


def describe_ocpi(plan: ExportPlan) -> list[str]:
    """Say what in the OCPI file is nobody's figure."""
    options = plan.options
    party = (
        f"party_id {options.party_id} stands for nobody; set --party-id"
        if options.party_id == "XXX"
        else f"party_id {options.party_id}"
    )
    updated = (
        f"last_updated {options.last_updated}, as you set it"
        if options.last_updated
        else f"last_updated is no time of a change: it is the date of the newest input, {plan.data_date}, because a "
        f"plan has no clock; set --last-updated to the time of handing over"
    )
    return [
        party,
        updated,
        "publish is false: no app shows a station that is not there",
        "address is the nearest road with a name and the zone, from the map; no house number is known",
    ]
