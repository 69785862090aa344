"""What a planner can set: one frozen section per stage, read by every stage."""

from chargeplan.config.settings.basics import Section, make_rule_path
from chargeplan.config.settings.demand import (
    DemandSettings,
    FigureFiles,
    FleetSettings,
    LayerSettings,
    PlacesSettings,
    VehicleClassSettings,
)
from chargeplan.config.settings.economics import (
    EconomicsSettings,
)
from chargeplan.config.settings.model import (
    BandSettings,
    ChargerSettings,
    ChargerTypeSettings,
    EquitySettings,
    ModelSettings,
    ServiceSettings,
    TravelSettings,
    YearSettings,
)
from chargeplan.config.settings.population import (
    Population,
    PopulationCsv,
    PopulationFigure,
    PopulationFigures,
    PopulationGrid,
    PopulationPoints,
    PopulationRaster,
    PopulationZones,
    ZoneFigure,
    ZoneTotals,
)
from chargeplan.config.settings.sites import (
    ExclusionSettings,
    GridSettings,
    SiteFileSettings,
    SitesSettings,
)
from chargeplan.config.settings.study import (
    AreaSettings,
    CircleSettings,
    NetworkSettings,
    StudySettings,
    ZoneSettings,
)
from chargeplan.config.settings.whole import (
    PublishSettings,
    Settings,
    SolveSettings,
)

__all__ = [
    "AreaSettings",
    "BandSettings",
    "ChargerSettings",
    "ChargerTypeSettings",
    "CircleSettings",
    "DemandSettings",
    "EconomicsSettings",
    "EquitySettings",
    "ExclusionSettings",
    "FigureFiles",
    "FleetSettings",
    "GridSettings",
    "LayerSettings",
    "ModelSettings",
    "NetworkSettings",
    "PlacesSettings",
    "Population",
    "PopulationCsv",
    "PopulationFigure",
    "PopulationFigures",
    "PopulationGrid",
    "PopulationPoints",
    "PopulationRaster",
    "PopulationZones",
    "PublishSettings",
    "Section",
    "ServiceSettings",
    "Settings",
    "SiteFileSettings",
    "SitesSettings",
    "SolveSettings",
    "StudySettings",
    "TravelSettings",
    "VehicleClassSettings",
    "YearSettings",
    "ZoneFigure",
    "ZoneSettings",
    "ZoneTotals",
    "make_rule_path",
]
