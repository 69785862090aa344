"""README.txt of an export: what each file holds, and what must not be done with it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from chargeplan.export.options import ExportFormat
from chargeplan.export.plan import describe_rights, describe_standing
from chargeplan.export.plugs import choose_plugs, describe_plugs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chargeplan.export.plan import ExportPlan

README_NAME = "README.txt"
_WIDTH = 100
_PLUGGED = {ExportFormat.OCPI, ExportFormat.OCM}


def write_readme(plan: ExportPlan, files: Mapping[str, tuple[str, str]]) -> str:
    """Write the text.

    Parameters
    ----------
    plan : ExportPlan
    files : mapping of str to (str, str)
        Format and contents by the name of each file.
    """
    lines = [*describe_standing(plan), "", "Files"]
    lines += [f"- {name}: {holds}" for name, (_, holds) in sorted(files.items())]
    lines += ["", "Data and licences", describe_rights(plan)]
    lines += [
        "",
        "Rules",
        "- A plan is not a fact about the world: it is never uploaded to OpenStreetMap or Open Charge Map,",
        "  by this program or by you. Who builds a station may list it there.",
        "- Keep the line on data and licences with every map or table made from these files.",
    ]
    formats = {ExportFormat(each) for each, _ in files.values()}
    if formats & _PLUGGED:
        plugs = choose_plugs(plan.bundle.request, plan.options.plugs)
        lines += ["", "Plugs (a plan decides power, not plugs)"]
        lines += [f"- {line}" for line in describe_plugs(plugs)]
    if ExportFormat.OCPI in formats:
        lines += ["", "OCPI", *(f"- {line}" for line in describe_ocpi(plan))]
    wrapped = [
        part
        for line in lines
        for part in (textwrap.wrap(line, _WIDTH, subsequent_indent="  ", break_long_words=False) or [""])
    ]
    return "\n".join(wrapped) + "\n"


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
        else f"last_updated is the date of the newest input, {plan.data_date}; set --last-updated"
    )
    return [
        party,
        updated,
        "publish is false: no app shows a station that is not there",
        "address repeats the name of the place, for a plan knows no addresses",
    ]
