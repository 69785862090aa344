"""What the economics of a plan over years leave out: one sentence, said wherever they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle


def describe_capital_timing(bundle: RunBundle) -> str:
    """Say that all capital is booked in the last year; empty for a plan of one year."""
    years = bundle.request.years
    if len(years) < 2:
        return ""
    return (
        f"Net present value and payback count all capital as spent in {years[-1]} and sales from the year after it, "
        f"although this plan spends money from {years[0]} on: interest on what is spent earlier and sales "
        f"before {years[-1] + 1} are left out."
    )
