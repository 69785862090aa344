"""The commands round a study: init, cities, sources."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.cli_areas import (
    AreaChoice,
    BoxOption,
    CircleOption,
    PolygonOption,
    RelationOption,
    choose_fetch_area,
)
from chargeplan.cli_cities import list_cities
from chargeplan.cli_datasets import DATASETS
from chargeplan.cli_output import JsonOption, VerboseOption, report
from chargeplan.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chargeplan.new_study import NewStudy

_RUNS = Path("maps")


def add_study_commands(app: typer.Typer) -> None:
    """Register the commands of this file."""
    app.command()(init)
    app.command("cities")(list_cities)
    app.command()(sources)


def init(
    ctx: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="A city (chargeplan cities), a place that fetch knows, or with an area option any name.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Config to write; NAME.yaml without it.")
    ] = None,
    relation: RelationOption = None,
    polygon: PolygonOption = None,
    box: BoxOption = None,
    circle: CircleOption = None,
    people: Annotated[
        float | None,
        typer.Option("--people", min=0, metavar="N", help="People of the study; else you bring a grid."),
    ] = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Write a commented config for a city; never over a file."""
    with report(ctx, as_json, verbose) as output:
        choice = AreaChoice(name, relation, polygon, box, circle, None, None)
        is_given = any(value is not None for value in (relation, polygon, box, circle))
        study = _describe_any_place(name, choice, people) if is_given else _describe_known_place(name, people)
        path = out or Path(f"{study.name}.yaml")
        from chargeplan.new_study import create_study_file

        create_study_file(path, study, datasets=DATASETS, runs=_RUNS)
        following = f"chargeplan fetch {study.fetch or f'--study {path}'}"
        output.show_result(
            f"wrote {path}: {study.title}{_count_people(study)}\nnext: {following}",
            {"path": str(path), "name": study.name, "next": following},
        )


def sources(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="A study's YAML file.", show_default=False)
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the config. May be repeated."),
    ] = None,
    figures: Annotated[bool, typer.Option("--figures", help="Every single figure too.")] = False,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Rewrite the lists of that documentation page instead."),
    ] = None,
    as_json: JsonOption = False,
    verbose: VerboseOption = False,
) -> None:
    """Print what a study rests on, weakest first."""
    with report(ctx, as_json, verbose) as output:
        if page is not None:
            from chargeplan.sources_page import rewrite_page

            rewrite_page(page)
            output.tell(f"wrote {page}")
            return
        if config is None:
            raise ConfigError("which study? Name its config, such as chargeplan sources configs/lahore.yaml")
        from chargeplan.config.inputs import list_paths
        from chargeplan.config.load import load_settings
        from chargeplan.sources import list_sources

        settings = load_settings(config, changes or []).settings
        listed = list_sources(settings, list_paths(settings.model_dump()))
        for source in listed:
            output.show(source.describe(), {"event": "source", **asdict(source)})
            for figure in source.figures if figures and not output.as_json else ():
                output.show(f"    {figure.describe()}", {})
        n_figures = sum(len(source.figures) for source in listed)
        n_assumed = sum(figure.confidence == "assumption" for source in listed for figure in source.figures)
        output.show_result(
            f"{config}: rests on {len(listed)} sources with {n_figures} figures, {n_assumed} of them "
            f"assumptions{'' if figures or output.as_json else '; --figures shows each'}",
            {"sources": len(listed), "figures": n_figures, "assumptions": n_assumed},
        )


def _describe_known_place(name: str, people: float | None) -> NewStudy:
    """Describe the study of a city of the register, or of a place that `fetch` knows."""
    from chargeplan.area import measure_area
    from chargeplan.cities import read_register
    from chargeplan.city_areas import find_city_area
    from chargeplan.config.settings import AreaSettings
    from chargeplan.new_study import NewStudy, describe_city_study

    place = find_city_area(name)
    city = read_register().cities.get(place.name)
    if city is not None:
        if people is not None:
            raise ConfigError(
                f"--people: {city.title} has the census figures of its tehsils; leave the option out, or give "
                f"an area of your own with --box, --circle or --polygon"
            )
        _, _, area_km2 = measure_area(AreaSettings(box=list(city.study_box)))
        return describe_city_study(city, area_km2)
    return NewStudy(
        name=place.name,
        title=place.title,
        area="" if place.circle is None else _write_circle(place.circle),
        area_note=place.words,
        area_km2=place.area_km2,
        people=people,
        fetch=place.name,
        polygon=_find_boundary(place.name) if place.circle is None else None,
    )


def _describe_any_place(name: str, choice: AreaChoice, people: float | None) -> NewStudy:
    """Describe the study of an area that was given."""
    from chargeplan.cities import read_register
    from chargeplan.download.area_shapes import measure_km2
    from chargeplan.download.areas import check_area, parse_numbers
    from chargeplan.new_study import NewStudy

    area, _, _ = choose_fetch_area(choice, "chargeplan init")
    line, fetch, polygon = "", "", choice.polygon
    if area.boundary is None:
        polygon, fetch = _find_boundary(area.name), f"{area.name} --relation {area.relation_id}"
    elif choice.circle is not None:
        line = _write_circle(parse_numbers(choice.circle, "--circle", "LON,LAT,KM"))
    elif choice.box is not None:
        line = f"box: [{', '.join(f'{value:.10g}' for value in area.boundary.bounds)}]"
    if area.boundary is not None:
        check_area(area.boundary, area.words)
    return NewStudy(
        name=area.name,
        title=name.strip(),
        area=line,
        area_note="",
        area_km2=0.0 if area.boundary is None else measure_km2(area.boundary),
        city=read_register().cities.get(area.name),
        people=people,
        fetch=fetch,
        polygon=polygon,
    )


def _find_boundary(name: str) -> Path:
    """Find where `fetch` puts the boundary of a dataset."""
    from chargeplan.osm.dataset_paths import AREA_NAME

    return DATASETS / name / AREA_NAME


def _write_circle(circle: Sequence[float]) -> str:
    lon, lat, radius_km = (f"{value:.10g}" for value in circle)
    return f"circle: {{ lon: {lon}, lat: {lat}, radius_km: {radius_km} }}"


def _count_people(study: NewStudy) -> str:
    if study.city is not None and study.takes_box_of_city:
        return f", {study.city.people_in_box:,.0f} people by the census and assumed shares"
    if study.people is not None:
        return f", {study.people:,.0f} people"
    return "; bring a grid of people, see demand.population"
