"""Where stations may stand, and the grid they hang on."""

from __future__ import annotations

from pydantic import model_validator

from chargeplan.config.settings.basics import InputPath, NotNegative, Positive, Section
from chargeplan.words import (
    LandKind,
    PlaceKind,
    SiteStatus,
)


class SiteFileSettings(Section):
    """A file of sites."""

    path: InputPath
    """GeoJSON, GeoPackage, CSV (columns lon, lat) or an export of Open Charge Map (JSON or CSV)."""
    status: SiteStatus
    """What these sites are. A column `status` in the file overrides it row by row."""


class ExclusionSettings(Section):
    """Land where no station can be built. Candidates on it are removed; demand there stays and is told."""

    from_network_file: bool = True
    """Read such land from the OpenStreetMap file of the network too."""
    kinds: list[LandKind] = [
        LandKind.MILITARY,
        LandKind.CEMETERY,
        LandKind.FOREST,
        LandKind.WATER,
        LandKind.QUARRY,
        LandKind.LANDFILL,
    ]
    """Kinds of land that are excluded, of the map and of `paths`."""
    paths: list[InputPath] = []
    """Polygons of the planner, excluded whole; a column `kind` with a word of the kinds is shown."""

    @model_validator(mode="after")
    def _check_industry_stays(self) -> ExclusionSettings:
        if LandKind.INDUSTRIAL in self.kinds or LandKind.PLANNER in self.kinds:
            msg = "kinds may not hold industrial (it is demand) or planner (always excluded)"
            raise ValueError(msg)
        return self


class SitesSettings(Section):
    """Where stations can stand."""

    from_network_file: bool = True
    """Take candidates from the OpenStreetMap file of the network too."""
    kinds: list[PlaceKind] = [
        PlaceKind.FUEL,
        PlaceKind.PARKING,
        PlaceKind.MALL,
        PlaceKind.SUPERMARKET,
        PlaceKind.HOSPITAL,
        PlaceKind.UNIVERSITY,
        PlaceKind.BUS_STATION,
        PlaceKind.HOTEL,
        PlaceKind.INDUSTRIAL_ESTATE,
    ]
    """Kinds of OpenStreetMap places offered as candidates."""
    exclusion: ExclusionSettings = ExclusionSettings()
    """Land where no station can be built."""
    existing_from_osm: bool = True
    """Take `amenity=charging_station` as existing stations."""
    paths: list[InputPath] = []
    """Further GeoJSON or GeoPackage files of places with OpenStreetMap tags as columns."""
    files: list[SiteFileSettings] = []
    """Files of the planner with sites and their status."""
    min_spacing_m: NotNegative = 300.0
    """New candidates closer than this to a kept site are removed, the lower-ranked kind first."""
    snap_limit_m: Positive = 250.0
    """A candidate farther than this from the nearest node of the network at which a trip may start or
    end is removed and listed, an existing or competing station is left out with a warning, and a required
    site stops the study. Such nodes stand at crossings and dead ends and about every 400 m along a road
    between them, none on motorways."""
    costs: InputPath | None = None
    """CSV of fixed cost and bays by kind of site; default data/costs/sites.csv."""
    fixed_cost_pkr: dict[PlaceKind, NotNegative] = {}
    """Changes to single fixed costs."""


class GridSettings(Section):
    """The electricity grid as a tree of headroom: feeders below transformers below substations."""

    path: InputPath
    """CSV (columns id, parent, lon, lat, headroom_kw, step_kw, step_pkr) or vector layer of the assets;
    see docs/how-to/grid-headroom.md."""
    links: InputPath | None = None
    """CSV with the columns site_id and feeder_id, for sites whose asset is known; a file of sites.files
    with these columns will do. Other sites hang on the nearest asset that feeds no other."""
    max_distance_m: Positive = 1000.0
    """A site farther than this from the nearest such asset hangs on none, and its headroom is unknown.
    Assumption, no source found."""
    unknown_headroom_pkr_kw: NotNegative | None = None
    """Risk charged for new load where headroom is unknown, PKR per kW; default data/costs/grid.csv."""
