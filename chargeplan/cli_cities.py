"""The command that lists the cities: `chargeplan cities`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_output import JsonOption, Output, VerboseOption, report

if TYPE_CHECKING:
    from chargeplan.cities import City


def list_cities(
    ctx: typer.Context,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            metavar="NAME",
            help="Show the cities' electric vehicles under it, against the policy.",
        ),
    ] = None,
    year: Annotated[
        int, typer.Option("--year", min=2026, max=2040, help="Year of the electric vehicles.")
    ] = 2030,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """List the cities with their people, supplier and study box."""
    with report(ctx, as_json, verbose) as output:
        from chargeplan.cities import read_register

        cities = tuple(read_register().cities.values())
        if scenario is not None:
            _show_stocks(scenario, year, tuple(city.name for city in cities), output)
            return
        for city in cities:
            output.show(_describe_city(city), {"event": "city", **_tell_city(city)})
        told = _tell_city(cities[0])
        output.show_result(
            f"{len(cities)} cities; peak hours {_write_hours(told['peak_winter_h'])} in winter, "
            f"{_write_hours(told['peak_summer_h'])} in summer; chargeplan init NAME writes a study; fetch knows "
            f"further places",
            {"cities": len(cities)},
        )


def _describe_city(city: City) -> str:
    told = _tell_city(city)
    return (
        f"{city.name:<11} {city.disco:<10} UTM {city.utm_zone}, {city.people:>10,} people, "
        f"{city.people_in_box:>10,.0f} in the study box, {told['outage_hours_day']:>4.1f} h/day without power "
        f"({told['outage_confidence']}), "
        f"all-in tariff {told['tariff_pkr_kwh']:g} PKR/kWh, {city.name_ur}"
    )


def _write_hours(hours: object) -> str:
    return " to ".join(f"{hour:g}" for hour in hours) if isinstance(hours, list) else ""


def _tell_city(city: City) -> dict[str, object]:
    from chargeplan.figures import read_figure_file

    outage = read_figure_file("outage", "hours.csv", ("disco", "quantity"))[city.disco, "outage_hours_day"]
    tariff = read_figure_file("tariff", "ev_tariff.csv", ("category", "quantity"))
    peak = {
        f"peak_{season}_h": [tariff["all", f"peak_{end}_{season}_h"].value for end in ("start", "end")]
        for season in ("winter", "summer")
    }
    return {
        "name": city.name,
        "title": city.title,
        "name_ur": city.name_ur,
        "disco": city.disco,
        "utm_zone": city.utm_zone,
        "people": city.people,
        "people_in_box": round(city.people_in_box),
        "study_box": list(city.study_box),
        "districts": {district: list(tehsils) for district, tehsils in city.districts.items()},
        "outage_hours_day": outage.value,
        "outage_confidence": outage.confidence,
        "tariff_pkr_kwh": tariff["A-2(d)", "all_in_pkr_kwh"].value,
        **peak,
    }


def _show_stocks(scenario: str, year: int, names: tuple[str, ...], output: Output) -> None:
    """Show the sum of the cities' electric stocks by class against the nation's and the policy's."""
    import math

    from chargeplan.demand import stock_sharing

    table = stock_sharing.tabulate_city_stocks(scenario, year=year, cities=names)
    if not output.as_json:
        output.show(f"Electric vehicles on the road in {year} under {scenario}", {})
        output.show(
            f"{'class':<14}{'cities':>12}{'nation':>12}{'policy':>12}{'cities/nation':>15}{'cities/policy':>15}",
            {},
        )
    for row in table.to_dict("records"):
        has_target = math.isfinite(row["policy"])
        policy = f"{row['policy']:>12,.0f}" if has_target else f"{'-':>12}"
        by_policy = f"{row['cities_by_policy']:>15.0%}" if has_target else f"{'-':>15}"
        data = {
            key: None if isinstance(value, float) and math.isnan(value) else value
            for key, value in row.items()
        }
        output.show(
            f"{row['class']:<14}{row['cities']:>12,.0f}{row['nation']:>12,.0f}{policy}"
            f"{row['cities_share']:>15.0%}{by_policy}",
            {"event": "class", "scenario": scenario, "year": year, **data},
        )
    for name in names if not output.as_json else ():
        output.show(f"  {name:<12}{table.set_index('class').at['all', name]:>12,.0f}", {})
    rule = " ".join(line.strip() for line in (stock_sharing.__doc__ or "").split("\n\n", 1)[1].splitlines())
    output.show_result(rule if output.as_json else f"\n{rule}", {"rule": rule})
