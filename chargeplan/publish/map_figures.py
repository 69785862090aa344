"""The figures on the cards of the map page, and what the search proved, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chargeplan.publish.run_record import make_finite
from chargeplan.publish.year_results import compute_mean_drives
from chargeplan.units import format_lakh_crore, format_pkr
from chargeplan.words import PlanObjective, SiteStatus

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle

Figure = list[str]  # name, value, small print


def list_figures(bundle: RunBundle) -> list[Figure]:
    """List the key figures of the plan, of its last year when it has several."""
    evaluation, problem = bundle.evaluation, bundle.problem
    parts = {name: _get_metric(bundle, name) for name in ("grid_upgrades", "grid_risk")}
    return [
        *_list_main_figures(
            bundle,
            {
                "served_share": evaluation.get_metric("served_share"),
                "served_kwh_day": evaluation.get_metric("served"),
                "demand_kwh_day": evaluation.get_metric("demand"),
                "new_sites": evaluation.get_metric("new_sites"),
                "new_chargers": evaluation.get_metric("new_chargers"),
                "cost_pkr": evaluation.get_metric("cost"),
                "upgrades_pkr": parts["grid_upgrades"],
                "risk_pkr": parts["grid_risk"],
                "money_pkr": problem.budget_pkr,
            },
            limit=f"of at most {problem.max_sites}" if problem.max_sites >= 0 else "",
        ),
        *_list_spending(bundle, len(evaluation.years) - 1),
        _describe_drive(bundle, evaluation.get_metric("mean_drive")),
    ]


def list_figures_by_year(bundle: RunBundle) -> list[list[Figure]]:
    """List the key figures of each year in the order of the years; those of the last are `list_figures`."""
    rows = bundle.evaluation.years.to_dict("records")
    earlier = [
        [
            *_list_main_figures(bundle, {str(name): value for name, value in row.items()}),
            *_list_spending(bundle, year_pos),
            _describe_drive(bundle, drive_min),
        ]
        for year_pos, (row, drive_min) in enumerate(
            zip(rows[:-1], compute_mean_drives(bundle)[:-1], strict=True)
        )
    ]
    return [*earlier, list_figures(bundle)] if rows else []


def _describe_drive(bundle: RunBundle, drive_min: float) -> Figure:
    return ["Mean drive", f"{drive_min:.1f} min", f"at most {bundle.travel.limit_s / 60:g} min"]


def _list_spending(bundle: RunBundle, year_pos: int) -> list[Figure]:
    """List what of the money is spent in a year itself, the risk charge aside; nothing for a plan of one year."""
    years = bundle.evaluation.years
    if len(years) < 2:
        return []
    spent_pkr = (years["cost_pkr"] - years["risk_pkr"]).to_numpy()
    in_year_pkr = spent_pkr[year_pos] - (spent_pkr[year_pos - 1] if year_pos else 0.0)
    return [_show_money(f"Of it in {years['year'].iloc[year_pos]}", in_year_pkr, "")]


def _list_main_figures(bundle: RunBundle, row: dict[str, Any], limit: str = "") -> list[Figure]:
    existing = int(bundle.sites.has_status(SiteStatus.EXISTING).sum())
    beside = f"beside {existing} existing" if existing else ""
    return [
        [
            "Demand served",
            f"{row['served_share']:.1%}",
            f"{row['served_kwh_day']:,.0f} of {row['demand_kwh_day']:,.0f} kWh/day",
        ],
        ["New stations", f"{int(row['new_sites']):,}", ", ".join(part for part in (limit, beside) if part)],
        ["New chargers", f"{int(row['new_chargers']):,}", ""],
        _show_money("Money to spend", row["cost_pkr"] - row["risk_pkr"], _describe_cost(row)),
    ]


def _show_money(name: str, amount_pkr: float, words: str) -> Figure:
    """Show an amount with lakh or crore before its small print."""
    return [name, format_pkr(amount_pkr), "; ".join(filter(None, (format_lakh_crore(amount_pkr), words)))]


def _describe_cost(row: dict[str, Any]) -> str:
    """Say what the money is compared with, what it is made of, and the charge beside it that nobody is paid."""
    money = make_finite(row["money_pkr"])
    words = f"of {format_pkr(money)}" if money is not None else "no budget limit"
    upgrades, risk = float(row["upgrades_pkr"]), float(row["risk_pkr"])
    parts = []
    if risk > 0:
        parts.append(f"and a risk charge of {format_pkr(risk)} for unknown headroom, not spent")
        words = f"both {format_pkr(row['cost_pkr'])} {words}"
    parts.append(words)
    if upgrades > 0:
        stations = format_pkr(row["cost_pkr"] - upgrades - risk)
        parts.append(f"stations {stations}, grid upgrades {format_pkr(upgrades)}")
    return "; ".join(parts)


def _get_metric(bundle: RunBundle, name: str) -> float:
    """Return a figure that only some plans have, else 0."""
    has_it = name in set(bundle.evaluation.metrics["name"])
    return bundle.evaluation.get_metric(name) if has_it else 0.0


def describe_search(bundle: RunBundle) -> list[str]:
    """Say in sentences what is served, in which year, and what the search proved of it."""
    sentences = [*_describe_years(bundle), _describe_bound(bundle)]
    if bundle.problem.nearest_sites:
        sentences.append(
            f"Each cell may use only its nearest {bundle.problem.nearest_sites} sites; the gap holds for the "
            "problem with this limit."
        )
    return sentences


def _describe_years(bundle: RunBundle) -> list[str]:
    """Say what is served in the last year and what before; nothing for a plan of one year."""
    rows = bundle.evaluation.years.to_dict("records")
    if len(rows) < 2:
        return []
    served = [f"{row['served_kwh_day']:,.0f} in {row['year']}" for row in rows]
    return [f"The plan serves {served[-1]} (kWh/day), {', '.join(served[:-1])}."]


def _describe_bound(bundle: RunBundle) -> str:
    """Say what the search made large or small, and what no plan can exceed or undercut."""
    solution, problem = bundle.solution, bundle.problem
    has_years = len(bundle.evaluation.years) > 1
    worth = ", longer drives counted for less" if np.any(problem.pair_quality < 1.0) else ""
    energy = f"{solution.objective_kwh_day:,.0f} kWh/day"
    what = (
        f"The mean of the years, by their weights{worth}, is {energy}"
        if has_years
        else f"The plan serves {energy}{worth}"
    )
    ended = f"({solution.solver}, stopped by {solution.stopped_by})"
    if problem.objective is PlanObjective.COST:
        return (
            f"{what}; no plan for the target costs less than {format_pkr(solution.cost_bound_pkr)} {ended}."
        )
    alike = " that serves its worst zone as well" if problem.objective is PlanObjective.WORST_ZONE else ""
    return f"{what}; no plan{alike} can exceed {solution.bound_kwh_day:,.0f} {ended}."


def list_economics(bundle: RunBundle) -> list[list[str]]:
    """List five figures of money and benefits: name, value, small print; none when none were reckoned."""
    evaluation = bundle.evaluation
    if "npv" not in set(evaluation.metrics["name"]):
        return []
    payback = evaluation.get_metric("payback")
    utilisation = evaluation.get_metric("break_even_utilisation")
    planned = evaluation.site_economics[["sold_kwh_year", "open_kwh_year"]].sum()
    busy = planned["sold_kwh_year"] / planned["open_kwh_year"] if planned["open_kwh_year"] > 0 else 0.0
    figures = [
        _show_money(
            "Net present value",
            evaluation.get_metric("npv"),
            _describe_capital(bundle),
        ),
        [
            "Payback",
            _show_years(payback),
            f"at half the sales {_show_years(evaluation.get_metric('payback_half_sales'))}",
        ],
        [
            "Break-even use",
            f"{utilisation:.1%}" if utilisation <= 1 else "never",
            f"of the opening hours; planned {busy:.1%}",
        ],
    ]
    if "petrol_saved" in set(evaluation.metrics["name"]):
        low, high = (evaluation.get_metric(f"co2e_saved_{grid}_grid") for grid in ("dirty", "clean"))
        figures += [
            [
                "Petrol saved",
                f"{_show_rounded(evaluation.get_metric('petrol_saved'))} l a year",
                f"diesel {_show_rounded(evaluation.get_metric('diesel_saved'))} l; imports of USD "
                f"{_show_rounded(evaluation.get_metric('oil_import_saved'))}",
            ],
            [
                "CO2e saved",
                f"{_show_rounded(evaluation.get_metric('co2e_saved'))} t a year",
                f"{_show_rounded(low)} to {_show_rounded(high)} by the grid factor",
            ],
        ]
    return figures


def _describe_capital(bundle: RunBundle) -> str:
    """Say how the capital follows from the money to spend, which stands above it."""
    evaluation = bundle.evaluation
    capital = evaluation.get_metric("capex")
    parts = evaluation.site_economics[["plan_cost_pkr", "solar_pkr", "storage_pkr"]].sum()
    beside = capital - parts["plan_cost_pkr"]
    less = " without upgrades of the grid" if _get_metric(bundle, "grid_upgrades") > 0 else ""
    solar = parts["solar_pkr"] + parts["storage_pkr"] > 0
    what = "connections, meters, fees, solar and batteries" if solar else "connections, meters and fees"
    return f"capital {format_pkr(capital)}: the money to spend{less}, and {format_pkr(beside)} for {what}"


def _show_years(years: float) -> str:
    return f"{years:,.1f} years" if np.isfinite(years) else "never"


def _show_rounded(value: float) -> str:
    """Write a number with three digits that count: estimates have no more."""
    return f"{float(f'{value:.3g}'):,.0f}" if abs(value) >= 1 else f"{value:.2g}"
