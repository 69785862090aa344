"""What a study rests on: its layers, the project's figures that it reads, and its own numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeplan.data_register import BY_LINE, CONFIDENCES, NOT_STATED, RegisterRow, read_data_register
from chargeplan.files import find_project_folder
from chargeplan.osm.manifest import read_manifest
from chargeplan.register_figures import DataFigure, read_figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chargeplan.config.settings import Settings

_PLANNER = "planner"
# Numbers of the config that replace figures of the tables.
_OWN_NUMBERS = (
    "demand.fleet.classes",
    "demand.places",
    "demand.layers",
    "demand.population.total_people",
    "sites.fixed_cost_pkr",
    "grid",
    "model.charger",
    "economics",
)
_NATION = "pakistan"


@dataclass(frozen=True, slots=True)
class StudySource:
    """One thing that a study rests on.

    Parameters
    ----------
    name : str
        File in data/, config key, or the file name of a layer.
    what, source, year, licence, read_by : str
    confidence : str
        The weakest of its figures; a word of `CONFIDENCES`.
    figures : tuple of DataFigure
        Those that count for this study, weakest first; none for a layer.
    """

    name: str
    what: str
    source: str
    year: str
    licence: str
    confidence: str
    read_by: str
    figures: tuple[DataFigure, ...] = ()

    def describe(self) -> str:
        """Write the source on one line."""
        counts = Counter(figure.confidence for figure in self.figures)
        told = ", ".join(f"{counts[word]} {word}" for word in CONFIDENCES if counts[word])
        figures = f"; {_count(len(self.figures), 'figure')}: {told}" if told else ""
        return (
            f"{self.confidence:<10}  {self.name}: {self.what}{figures}; {self.source}; {self.year}; "
            f"{self.licence}; read by {self.read_by}"
        )


def list_sources(settings: Settings, files: Iterable[tuple[str, Path]]) -> list[StudySource]:
    """List what a study rests on, weakest first.

    Parameters
    ----------
    settings : Settings
    files : iterable of (str, Path)
        Config key and path of every file that the config names; they need not be there.

    Raises
    ------
    DataError
        When the project's own register or tables cannot be used.
    """
    rows = read_data_register()
    named = {key: path for key, path in files if not key.startswith("publish")}
    found = [_describe_layer(key, path, rows) for key, path in named.items()]
    for row in rows:
        if _is_used(row, settings, named):
            figures = read_figures(row)
            counted = tuple(figure for figure in figures if _counts(figure, settings))
            if counted or not figures:  # else none of its figures is about this study
                found.append(_describe_row(row, counted))
    found += _list_own_numbers(settings)
    return sorted(found, key=_rank)


def _rank(source: StudySource) -> tuple[int, float, str]:
    """Rank by the weakest figures, then by their share, then by name."""
    weakest = sum(figure.confidence == source.confidence for figure in source.figures)
    return CONFIDENCES.index(source.confidence), -weakest / max(len(source.figures), 1), source.name


def _is_used(row: RegisterRow, settings: Settings, named: dict[str, Path]) -> bool:
    if row.key in named:
        return False  # the planner's own file stands in for it
    needs = {
        "always": True,
        "study.city": settings.study.city is not None,
        "figures": settings.demand.population.source in ("figures", "zones"),
        "grid": settings.grid is not None,
        "model.rules": Path(row.path).stem in {*settings.model.rules, *settings.model.reported_rules},
    }
    takes_census = row.path == "cities.yaml" and _takes_census(settings)
    return needs.get(row.used, False) or takes_census


def _takes_census(settings: Settings) -> bool:
    zones = getattr(settings.demand.population, "zones", None)
    return zones is not None and zones.census is not None


def _counts(figure: DataFigure, settings: Settings) -> bool:
    """Tell whether a figure is about this study's city, supplier and scenario."""
    city = settings.study.city
    if city is None and _takes_census(settings):
        return True
    wanted = {"city": city, "place": city, "scenario": settings.demand.scenario, "disco": _find_disco(city)}
    if "points" in figure.place.split(".")[:1]:
        return False  # points of scenarios count where a scenario uses them
    return all(
        value in {wanted[name], _NATION, ""} for name, value in figure.subject.items() if name in wanted
    )


def _find_disco(city: str | None) -> str | None:
    from chargeplan.cities import find_city

    return None if city is None else find_city(city).disco


def _describe_layer(key: str, path: Path, rows: tuple[RegisterRow, ...]) -> StudySource:
    """Describe a file that the config names: one of the project, or the planner's."""
    own = find_project_folder("data")
    if path.is_relative_to(own):
        inside = path.relative_to(own).as_posix()
        for row in rows:
            if row.path == inside:
                return _describe_row(row, read_figures(row))
    base = key.split("[", maxsplit=1)[0]
    layers = [row for row in rows if not row.path and row.key == base]
    what = layers[0].what if layers else f"your file for {base}"
    manifest = read_manifest(path, key) if path.exists() else None
    stated = layers[0] if layers else None
    source = StudySource(
        name=f"{key} ({path.name})",
        what=what,
        source=stated.source if stated else NOT_STATED,
        year=stated.year if stated else NOT_STATED,
        licence=stated.licence if stated else NOT_STATED,
        confidence=stated.confidence if stated else NOT_STATED,
        read_by=stated.read_by if stated else base.split(".")[0],
    )
    if manifest is None:
        return source
    return replace(source, source=manifest.source, year=manifest.osm_timestamp[:10], licence=manifest.licence)


def _describe_row(row: RegisterRow, figures: tuple[DataFigure, ...]) -> StudySource:
    ordered = tuple(sorted(figures, key=lambda figure: CONFIDENCES.index(figure.confidence)))
    texts = list(dict.fromkeys(figure.source for figure in ordered))
    years = sorted({figure.year for figure in ordered})
    return StudySource(
        name=f"data/{row.path}",
        what=row.what,
        source=row.source
        if row.source != BY_LINE
        else texts[0]
        if len(texts) == 1
        else f"{len(texts)} sources",
        year=row.year if row.year != BY_LINE else " to ".join(dict.fromkeys([*years[:1], *years[-1:]])),
        licence=row.licence,
        confidence=row.confidence
        if row.confidence != BY_LINE
        else ordered[0].confidence
        if ordered
        else NOT_STATED,
        read_by=row.read_by,
        figures=ordered,
    )


def _list_own_numbers(settings: Settings) -> Iterator[StudySource]:
    """Give the numbers that stand in the config, or in its defaults, and not in a table."""
    people = tuple(_list_people(settings.demand.population))
    if people:
        yield _make_own("demand.population", "people that the config counts", people)
    numbers = tuple(_find_numbers(settings, ""))
    for confidence, what in (
        ("assumption", "settings that nobody could source, at their defaults"),
        (_PLANNER, "numbers of the config that replace figures or assumptions"),
    ):
        chosen = tuple(figure for figure in numbers if figure.confidence == confidence)
        if chosen:
            yield _make_own("settings" if confidence == "assumption" else "config", what, chosen)


def _list_people(population: Any) -> Iterator[DataFigure]:
    """Give the people by tehsil or zone that the config counts itself."""
    for row, figure in enumerate(getattr(population, "figures", ())):
        what = f"people of {figure.name}, {figure.share_in_area:g} of them in the area"
        place = f"demand.population.figures[{row}]"
        yield _make_figure(place, what, f"{figure.people:.10g}", "people", figure.source)
    zones = getattr(population, "zones", None)
    for row, figure in enumerate(zones.figures if zones is not None else ()):
        place = f"demand.population.zones.figures[{row}]"
        yield _make_figure(
            place, f"people of zone {figure.zone}", f"{figure.people:.10g}", "people", figure.source
        )


def _make_own(name: str, what: str, figures: tuple[DataFigure, ...]) -> StudySource:
    texts = list(dict.fromkeys(figure.source for figure in figures))
    return StudySource(
        name=name,
        what=what,
        source=texts[0] if len(texts) == 1 else f"{len(texts)} sources",
        year=NOT_STATED,
        licence="yours" if figures[0].confidence == _PLANNER else "MIT (ours)",
        confidence=figures[0].confidence,
        read_by="all",
        figures=figures,
    )


def _find_numbers(section: Any, place: str) -> Iterator[DataFigure]:
    """Walk the settings for numbers that are assumptions or replace figures of the tables."""
    for name, field in type(section).model_fields.items():
        value, key = getattr(section, name), f"{place}.{name}" if place else name
        if hasattr(type(value), "model_fields"):
            yield from _find_numbers(value, key)
        elif isinstance(value, dict):
            for word, inner in value.items():
                if hasattr(type(inner), "model_fields"):
                    yield from _find_numbers(inner, f"{key}.{word}")
                elif key.startswith(_OWN_NUMBERS):
                    yield _make_figure(f"{key}.{word}", f"{key}.{word}", str(inner), "", "the config")
        elif isinstance(value, list) and key.startswith("economics") and value:
            yield _make_figure(key, key, ", ".join(str(part) for part in value), "", "the config")
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            is_assumed = "assumption, no source found" in (field.description or "").casefold()
            if value == field.default:
                if is_assumed:
                    source = "assumption, no source found"
                    yield _make_figure(key, key, f"{value:.10g}", "", source, confidence="assumption")
            elif is_assumed or key.startswith(_OWN_NUMBERS):
                yield _make_figure(key, key, f"{value:.10g}", "", "the config")


def _make_figure(
    place: str, what: str, value: str, unit: str, source: str, confidence: str = _PLANNER
) -> DataFigure:
    return DataFigure(
        place=place,
        what=what,
        value=value,
        unit=unit,
        source=source,
        year=NOT_STATED,
        confidence=confidence,
        address="",
        subject={},
    )


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
