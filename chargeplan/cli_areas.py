"""The options that name an area on the command line, and what they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chargeplan.errors import ConfigError
from chargeplan.units import DEFAULT_BUFFER_KM

if TYPE_CHECKING:
    from chargeplan.config.load import LoadedSettings
    from chargeplan.download.areas import FetchArea

CityArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[CITY]",
        help="A city of data/cities.csv; with one of the area options any name for the dataset.",
        show_default=False,
    ),
]
RelationOption = Annotated[
    int | None, typer.Option("--relation", metavar="ID", help="OpenStreetMap relation of a boundary.")
]
PolygonOption = Annotated[
    Path | None, typer.Option("--polygon", metavar="FILE", help="Vector file with polygons and a CRS.")
]
BoxOption = Annotated[
    str | None, typer.Option("--box", metavar="W,S,E,N", help="West, south, east, north in degrees.")
]
CircleOption = Annotated[
    str | None, typer.Option("--circle", metavar="LON,LAT,KM", help="Centre in degrees and radius in km.")
]
StudyOption = Annotated[
    Path | None, typer.Option("--study", metavar="CONFIG", help="What this study needs: its area and buffer.")
]
BufferOption = Annotated[
    float | None,
    typer.Option(
        "--buffer-km", min=0, max=50, metavar="KM", help="Margin around the area; 2, or what the study says."
    ),
]


@dataclass(frozen=True, slots=True)
class AreaChoice:
    """The area as it was given on the command line, not yet looked at."""

    city: str | None
    relation: int | None
    polygon: Path | None
    box: str | None
    circle: str | None
    study: Path | None
    buffer_km: float | None


def choose_fetch_area(choice: AreaChoice, command: str) -> tuple[FetchArea, float, Path | None]:
    """Turn the options of a command into the area, the margin in km and the config they came from."""
    loaded: LoadedSettings | None = None
    if choice.study is not None:
        from chargeplan.config.load import load_settings

        loaded = load_settings(choice.study)
    from chargeplan.download.areas import choose_area, parse_numbers

    name = choice.city if choice.city is not None else loaded.settings.study.name if loaded else None
    if name is None:
        raise ConfigError(
            f"which city? Name one, such as {command} multan; without a name give --study CONFIG"
        )
    area = choose_area(
        name,
        relation=choice.relation,
        polygon=choice.polygon,
        box=None if choice.box is None else parse_numbers(choice.box, "--box", "W,S,E,N"),
        circle=None if choice.circle is None else parse_numbers(choice.circle, "--circle", "LON,LAT,KM"),
        study=loaded.settings.study if loaded else None,
    )
    buffer_km = loaded.settings.network.buffer_km if loaded else DEFAULT_BUFFER_KM
    return area, buffer_km if choice.buffer_km is None else choice.buffer_km, choice.study
