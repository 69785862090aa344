"""A whole study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationInfo, model_validator

from chargeplan.config.settings.basics import InputPath, Section
from chargeplan.config.settings.clashes import Clash, tell_clashes
from chargeplan.config.settings.demand import DemandSettings
from chargeplan.config.settings.economics import EconomicsSettings
from chargeplan.config.settings.model import ModelSettings, TravelSettings
from chargeplan.config.settings.sites import GridSettings, SitesSettings
from chargeplan.config.settings.study import NetworkSettings, StudySettings
from chargeplan.words import (
    MapLanguage,
    PlanMode,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class SolveSettings(Section):
    """How long and how exactly to search."""

    time_limit_s: Annotated[float, Field(gt=0, le=86_400)] = 120.0
    """Wall-clock limit; the best plan found by then is returned with its proven gap."""
    gap: Annotated[float, Field(ge=0, le=0.2)] = 0.001
    """Stop when the plan is proven this close to the best possible (share of its value)."""
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    """Threads of the solver; 1 gives the same plan on every run."""
    node_limit: Annotated[int, Field(ge=0, le=10**9)] | None = None
    """Limit on branch-and-bound nodes; use it instead of a time limit for repeatable stops."""


class PublishSettings(Section):
    """What is written."""

    folder: InputPath
    """The run goes to this folder, in a subfolder named after the study."""
    online_tiles: bool = False
    """Offer an online background map as a layer; needs a network when switched on."""
    language: MapLanguage = MapLanguage.ENGLISH
    """Language that the map begins with; a reader may choose the other."""


class Settings(Section):
    """A whole study."""

    study: StudySettings
    network: NetworkSettings
    demand: DemandSettings
    sites: SitesSettings = SitesSettings()
    grid: GridSettings | None = None
    travel: TravelSettings = TravelSettings()
    model: ModelSettings
    economics: EconomicsSettings = EconomicsSettings()
    solve: SolveSettings = SolveSettings()
    publish: PublishSettings

    @model_validator(mode="after")
    def _check_clashes(self, info: ValidationInfo) -> Settings:
        tell_clashes(self._find_clashes(), info)
        return self

    def _find_clashes(self) -> Iterator[Clash]:
        """Find settings of one section that do not fit those of another."""
        model = self.model
        if self.grid is not None and model.mode is PlanMode.COVER:
            yield Clash("grid: needs model.mode allocate; cover mode knows no power", ("model.mode",))
        if model.equity.zone_floor_share and self.study.zones is None:
            yield Clash(
                "model.equity.zone_floor_share: names zones, but the study has none; give study.zones, or "
                "model.equity.floor_share for all hexagons that stand in for zones",
                ("study.zones",),
            )
        if model.years and model.years[-1].year != self.study.year:
            yield Clash(
                f"model.years: the last one is {model.years[-1].year}, study.year is {self.study.year}; "
                "they must be the same",
                ("model.years.year", "study.year"),
            )
        if model.bands and model.bands[-1].up_to_min > self.travel.limit_min:
            yield Clash(
                f"model.bands: the last band ends at {model.bands[-1].up_to_min} min, beyond "
                f"travel.limit_min of {self.travel.limit_min} min; raise the limit or shorten the band",
                ("model.bands.up_to_min", "travel.limit_min"),
            )
