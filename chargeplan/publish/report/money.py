"""What the plan costs by year, and what it earns and saves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.chart_ticks import find_ticks
from chargeplan.errors import RecordError
from chargeplan.publish.report.drawing import draw_box, wrap_picture, write_text
from chargeplan.publish.report.numbers import Number, count, full_money, money, number, share, years
from chargeplan.publish.report.tables import Cell, Table
from chargeplan.text import clean_text
from chargeplan.units import format_pkr
from chargeplan.words import PlanObjective

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from markupsafe import Markup

    from chargeplan.publish.bundle import RunBundle

RISK_LABEL = "Risk charge for unknown headroom, not spent"
_PARTS = (
    ("site_cost", "Opening sites"),
    ("charger_cost", "Chargers"),
    ("grid_upgrades", "Upgrades of the grid"),
    ("to_spend", "Money to spend"),
    ("grid_risk", RISK_LABEL),
    ("cost", "Both, as the budget holds them"),
)
_ECONOMICS = (
    ("capex", "Capital", "money"),
    ("yearly_cost", "Cost of a year", "money"),
    ("revenue", "Revenue of a year", "money"),
    ("net_income", "Net income of a year", "money"),
    ("npv", "Net present value", "money"),
    ("payback", "Payback", "years"),
    ("payback_half_sales", "Payback at half the sales", "years"),
    ("break_even_utilisation", "Break-even use of the opening hours", "share"),
)
_BENEFITS = (
    ("petrol_saved", "Petrol saved", "l/year"),
    ("diesel_saved", "Diesel saved", "l/year"),
    ("oil_import_saved", "Imports of fuel saved", "USD/year"),
    ("driver_saving", "Drivers pay less by", "PKR"),
    ("co2e_saved", "CO₂e saved", "t/year"),
    ("co2e_saved_dirty_grid", "CO₂e saved with the high grid factor", "t/year"),
    ("co2e_saved_clean_grid", "CO₂e saved with the low grid factor", "t/year"),
    ("pm25_saved", "PM2.5 saved", "kg/year"),
)
_MILLION = 1e6
_SUM_TOLERANCE_SHARE = 1e-9  # of money added up in another order
# Steps of the economics between which stand the parts of the capital.
_FIRST_CAPITAL_STEP, _CAPITAL_STEP = "sites and chargers (the plan's cost)", "capital cost"


def describe_costs(bundle: RunBundle) -> dict[str, Any]:
    """Describe the money of the plan: its parts, by year planned for, and by year of operation."""
    by_year = bundle.evaluation.economics_by_year
    return {
        "parts": _tabulate_parts(bundle),
        "bridge": tabulate_bridge(bundle),
        "planned": _tabulate_planned(bundle),
        "account": _tabulate_account(by_year),
        "chart": _draw_account(by_year) if len(by_year) else "",
    }


def read_risk_pkr(bundle: RunBundle) -> float:
    """Read the charge for power below an unknown headroom, which the budget holds and nobody is paid; 0 without one."""
    has_risk = bool((bundle.evaluation.metrics["name"] == "grid_risk").any())
    return bundle.evaluation.get_metric("grid_risk") if has_risk else 0.0


def show_to_spend(bundle: RunBundle, show: Callable[[float, str], Number | str] = money) -> Number | str:
    """Show the money to spend, which is the cost without the risk charge."""
    cost_pkr, risk_pkr = bundle.evaluation.get_metric("cost"), read_risk_pkr(bundle)
    return show(cost_pkr - risk_pkr, "metrics/cost - metrics/grid_risk" if risk_pkr > 0 else "metrics/cost")


def _tabulate_parts(bundle: RunBundle) -> Table:
    has, has_risk = set(bundle.evaluation.metrics["name"]), read_risk_pkr(bundle) > 0
    rows: list[list[Cell]] = []
    for name, words in _PARTS:
        if name == "to_spend":
            rows.append([words, show_to_spend(bundle, full_money)])
        elif name in has and (has_risk or name != "cost"):
            value = bundle.evaluation.get_metric(name)
            if value != 0:
                rows.append([words, full_money(value, f"metrics/{name}")])
    return Table("What the money is for", (("", "words"), ("PKR", "number")), rows, name="sums")


def tabulate_bridge(bundle: RunBundle) -> Table | None:
    """Tabulate how the money to spend leads to capital and to net present value; None without economics.

    Raises
    ------
    RecordError
        When the account has no step where the capital begins or ends, or its parts do not sum up to the capital.
    """
    evaluation, steps = bundle.evaluation, bundle.evaluation.economics
    has = set(evaluation.metrics["name"])
    if "capex" not in has:
        return None
    names = steps["step"].astype(str)
    first, last = (_find_step(names, step) for step in (_FIRST_CAPITAL_STEP, _CAPITAL_STEP))
    rows: list[list[Cell]] = [["Money to spend", show_to_spend(bundle, full_money)]]
    if "grid_upgrades" in has and evaluation.get_metric("grid_upgrades") > 0:
        upgrades = full_money(evaluation.get_metric("grid_upgrades"), "metrics/grid_upgrades")
        rows.append(["− Upgrades of the grid, which are no part of the stations", upgrades])
    for pos in range(first + 1, last):
        value = float(steps["value"].iloc[pos])
        if value != 0:
            words = clean_text(names.iloc[pos]).rpartition(" in ")[0]
            rows.append([f"+ {words[0].upper()}{words[1:]}", full_money(value, f"economics/{pos}")])
    capital, worth = evaluation.get_metric("capex"), evaluation.get_metric("npv")
    _check_bridge(bundle, float(steps["value"].iloc[first + 1 : last].sum()), capital)
    horizon, rate = (bundle.request.get_figure(name) for name in ("horizon_years", "discount_rate_share"))
    earned = f"Net income of {horizon:g} years, discounted at {100 * rate:.4g} % a year"
    rows += [
        ["= Capital", full_money(capital, "metrics/capex")],
        [earned, full_money(worth + capital, "metrics/npv + metrics/capex")],
        ["− Capital", full_money(capital, "metrics/capex")],
        ["= Net present value", full_money(worth, "metrics/npv")],
    ]
    note = (
        "The search makes the money to spend as small as the target allows"
        if bundle.problem.objective is PlanObjective.COST
        else "The search holds the money to spend to the budget"
    )
    charge = ", with the risk charge" if read_risk_pkr(bundle) > 0 else ""
    return Table(
        "From the money to spend to the capital, and to what that is worth",
        (("", "words"), ("PKR", "number")),
        rows,
        notes=(f"{note}{charge}; what is added to it is reckoned from the finished plan.",),
        name="sums",
    )


def _find_step(names: pd.Series[str], step: str) -> int:
    """Find the one row of the account that begins with the words of a step."""
    rows = np.flatnonzero(names.str.startswith(step))
    if len(rows) != 1:
        raise RecordError(
            f"evaluation.economics: {len(rows)} steps begin with {step!r}, expected 1; the report cannot lead from "
            f"the money to spend to the capital"
        )
    return int(rows[0])


def _check_bridge(bundle: RunBundle, beside_pkr: float, capital_pkr: float) -> None:
    """Refuse parts that do not sum up to the capital below them."""
    metrics = bundle.evaluation.metrics.set_index("name")["value"]
    upgrades_pkr = float(metrics.get("grid_upgrades", 0.0))
    summed_pkr = float(metrics["cost"]) - read_risk_pkr(bundle) - upgrades_pkr + beside_pkr
    if not math.isclose(summed_pkr, capital_pkr, rel_tol=_SUM_TOLERANCE_SHARE, abs_tol=1.0):
        raise RecordError(
            f"evaluation.economics: the money to spend without upgrades of the grid, and what is added to it, sum up "
            f"to {format_pkr(summed_pkr)}, the capital is {format_pkr(capital_pkr)}"
        )


def _tabulate_planned(bundle: RunBundle) -> Table | None:
    """Tabulate the years planned for: what stands and what is spent by then; None for a plan of one year."""
    table = bundle.evaluation.years
    if len(table) < 2:
        return None
    rows: list[list[Cell]] = [
        [
            f"{row['year']}",
            count(row["new_sites"], f"years/{row['year']}/new_sites"),
            count(row["new_chargers"], f"years/{row['year']}/new_chargers"),
            money(row["money_pkr"], f"years/{row['year']}/money_pkr"),
            money(row["cost_pkr"], f"years/{row['year']}/cost_pkr"),
            money(row["left_pkr"], f"years/{row['year']}/left_pkr"),
            share(row["served_share"], f"years/{row['year']}/served_share"),
        ]
        for row in table.to_dict("records")
    ]
    return Table(
        "By year planned for, all up to and with that year",
        (
            ("Year", "words"),
            ("New stations", "number"),
            ("New chargers", "number"),
            ("Money", "number"),
            ("Cost and risk charge" if read_risk_pkr(bundle) > 0 else "Cost", "number"),
            ("Left", "number"),
            ("Demand served", "number"),
        ),
        rows,
    )


def _tabulate_account(table: pd.DataFrame) -> Table | None:
    if table.empty:
        return None
    rows: list[list[Cell]] = []
    for pos, row in enumerate(table.to_dict("records")):
        place = f"economics_by_year/{pos}"
        rows.append(
            [
                f"{row['calendar_year']:.0f}",
                *(
                    money(row[name], f"{place}/{name}")
                    for name in ("capital_pkr", "revenue_pkr", "energy_pkr", "net_pkr", "discounted_sum_pkr")
                ),
            ]
        )
    return Table(
        "Year by year",
        (
            ("Year", "words"),
            ("Capital", "number"),
            ("Revenue", "number"),
            ("Energy bought", "number"),
            ("Net of all costs", "number"),
            ("Present worth, added up", "number"),
        ),
        rows,
        notes=("All costs and revenue of each year are in economics_by_year.csv.",),
        name="narrow-numbers",
    )


def _draw_account(table: pd.DataFrame) -> Markup:
    """Draw the discounted sum of each year as bars about zero, the first and the last with their value."""
    width, height, left, bottom = 720.0, 230.0, 64.0, 26.0
    values = table["discounted_sum_pkr"].to_numpy() / _MILLION
    high, low = max(float(values.max()), 0.0), min(float(values.min()), 0.0)
    span = max(high - low, 1e-9)

    def get_y(value: float) -> float:
        return 16 + (height - bottom - 34) * (high - value) / span

    step = (width - left - 10) / len(values)
    parts = [
        f'<path class="axis" d="M{left} {get_y(tick):.1f}H{width - 10:.0f}"/>'
        + write_text(left - 8, get_y(tick) + 4, f"{tick:,.6g}", "end", "tick")
        for tick in find_ticks(low, high)
    ]
    for pos, (value, year) in enumerate(zip(values.tolist(), table["calendar_year"], strict=True)):
        x = left + step * pos + 0.14 * step
        top, foot = get_y(max(value, 0.0)), get_y(min(value, 0.0))
        fill = "bar-solid" if value >= 0 else "bar-hatched"
        parts.append(draw_box(fill, x, top, 0.72 * step, max(foot - top, 1.0)))
        parts.append(write_text(x + 0.36 * step, height - 6, f"{year:.0f}", "middle", "tick"))
        if pos in {0, len(values) - 1}:
            y = top - 5 if value >= 0 else foot + 13
            parts.append(write_text(x + 0.36 * step, y, f"{value:,.4g}", "middle", "label"))
    return wrap_picture(
        parts,
        name="account-chart",
        width=width,
        height=height,
        title="Net worth of the stations by year, added up and discounted, PKR million",
        description="Bars below zero are hatched; the figures stand in the table.",
    )


def describe_economics(bundle: RunBundle) -> dict[str, Table] | None:
    """Describe the economics and the benefits; None when none were reckoned."""
    metrics = bundle.evaluation.metrics.set_index("name")
    if "npv" not in metrics.index:
        return None
    show = {"money": full_money, "years": years, "share": share}
    economics: list[list[Cell]] = [
        [words, show[kind](metrics["value"][name], f"metrics/{name}"), clean_text(metrics["meaning"][name])]
        for name, words, kind in _ECONOMICS
        if name in metrics.index
    ]
    benefits: list[list[Cell]] = [
        [
            words,
            full_money(metrics["value"][name], f"metrics/{name}")
            if unit == "PKR"
            else number(metrics["value"][name], f"metrics/{name}", 0, unit),
            clean_text(metrics["meaning"][name]),
        ]
        for name, words, unit in _BENEFITS
        if name in metrics.index
    ]
    headings = (("", "words"), ("", "number"), ("What it is", "long"))
    found = {"economics": Table("Economics of the new stations", headings, economics, name="sums")}
    if benefits:
        found["benefits"] = Table("Benefits of a year", headings, benefits, name="sums")
    return found
