"""Places of the embedded city: those of the table, and the usual ones of every sector."""

from __future__ import annotations

from dataclasses import dataclass

from chargeplan.demo_city.grid import locate
from chargeplan.demo_city.tables import Outskirt, Sector, read_rows

_TAGS = {
    "fuel": {"amenity": "fuel"},
    "parking": {"amenity": "parking"},
    "mall": {"shop": "mall"},
    "supermarket": {"shop": "supermarket"},
    "hospital": {"amenity": "hospital"},
    "university": {"amenity": "university"},
    "bus_station": {"amenity": "bus_station"},
    "hotel": {"tourism": "hotel"},
    "charging_station": {"amenity": "charging_station"},
    "market": {"amenity": "marketplace"},
    "school": {"amenity": "school"},
    "bank": {"amenity": "bank"},
    "restaurant": {"amenity": "restaurant"},
    "worship": {"amenity": "place_of_worship"},
    "park": {"leisure": "park"},
    "office": {"office": "government"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """A point with OpenStreetMap tags."""

    lon: float
    lat: float
    tags: dict[str, str]


def list_places(sectors: tuple[Sector, ...], outskirts: tuple[Outskirt, ...]) -> list[Place]:
    """List all places of the city, in a fixed order."""
    places = [
        _make_place(
            row["kind"], row["name"], float(row["row"]), float(row["column"]),
            name__ur=row["name_ur"], capacity=row["capacity"], power_kw=row["power_kw"],
        )
        for row in read_rows("places.csv")
    ]  # fmt: skip
    for sector in sectors:
        places += _list_sector_places(sector)
    for patch in outskirts:
        places += _list_outskirt_places(patch)
    return places


# What stands in a sector of each kind: kind, name, and where from its centre (rows, columns).
_SECTOR_PLACES = {
    "residential": (
        ("market", "{} Markaz", 0.0, 0.0),
        ("parking", "{} Markaz Parking", 0.06, 0.05),
        ("supermarket", "{} Supermarket", -0.07, 0.04),
        ("bank", "Bank, {} Markaz", 0.03, -0.05),
        ("restaurant", "Restaurant, {} Markaz", -0.03, -0.06),
        ("restaurant", "Cafe, {} Markaz", 0.05, -0.02),
        ("fuel", "Fuel Station, {} South", 0.46, 0.05),
        ("school", "School, {}/1", -0.25, 0.25),
        ("school", "School, {}/3", 0.25, -0.25),
        ("worship", "Mosque, {}/2", -0.22, -0.24),
        ("worship", "Mosque, {}/4", 0.24, 0.22),
        ("park", "Park, {}", 0.3, 0.1),
    ),
    "administrative": (
        ("office", "Offices, {}", 0.1, 0.1),
        ("office", "Ministries, {}", -0.2, 0.2),
        ("fuel", "Fuel Station, {}", 0.05, -0.46),
        ("restaurant", "Restaurant, {}", 0.0, 0.05),
    ),
    "institutional": (
        ("office", "Institutes, {}", 0.15, 0.1),
        ("school", "College, {}", -0.2, -0.2),
        ("parking", "Institutes Parking, {}", 0.05, 0.06),
        ("fuel", "Fuel Station, {}", -0.46, 0.05),
    ),
    "industrial": (
        ("office", "Works, {}", 0.2, 0.2),
        ("parking", "Truck Stand, {}", -0.1, -0.05),
        ("fuel", "Fuel Station, {} North", -0.46, -0.05),
        ("fuel", "Fuel Station, {} East", 0.05, -0.46),
        ("restaurant", "Canteen, {}", 0.0, 0.08),
    ),
    "sparse": (
        ("school", "School, {}", 0.1, 0.1),
        ("fuel", "Fuel Station, {}", 0.05, 0.46),
    ),
    "park": (("park", "Fatima Jinnah Park", 0.0, 0.0),),
    "closed": (("hospital", "Hospital, {}", 0.42, -0.44),),
}


def _list_sector_places(sector: Sector) -> list[Place]:
    return [
        _make_place(
            kind, name.format(sector.name), sector.row + row, sector.column + column,
            capacity="120" if kind == "parking" else "",
        )
        for kind, name, row, column in _SECTOR_PLACES[sector.kind]
    ]  # fmt: skip


def _list_outskirt_places(patch: Outskirt) -> list[Place]:
    rows, columns = patch.half_rows, patch.half_columns
    usual = (
        ("market", f"{patch.name} Bazaar", 0.0, 0.0),
        ("fuel", f"Fuel Station, {patch.name}", -0.5 * rows, 0.1 * columns),
        ("hospital", f"Clinic, {patch.name}", 0.4 * rows, -0.1 * columns),
        ("school", f"School, {patch.name}", 0.3 * rows, 0.6 * columns),
        ("worship", f"Mosque, {patch.name}", -0.3 * rows, -0.5 * columns),
        ("restaurant", f"Restaurant, {patch.name}", 0.1 * rows, 0.1 * columns),
    )
    return [
        _make_place(kind, name, patch.row + row, patch.column + column) for kind, name, row, column in usual
    ]


def _make_place(
    kind: str,
    name: str,
    row: float,
    column: float,
    *,
    name__ur: str = "",
    capacity: str = "",
    power_kw: str = "",
) -> Place:
    lon, lat = locate(row, column)
    tags = {**_TAGS[kind], "name": name, "name:en": name, "name:ur": name__ur, "capacity": capacity}
    if power_kw:
        tags["charging_station:output"] = f"{power_kw} kW"
    return Place(lon, lat, {key: value for key, value in tags.items() if value})
