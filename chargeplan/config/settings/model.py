"""What the plan must respect and what it shall reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationInfo, model_validator

from chargeplan.config.settings.basics import (
    Count,
    Name,
    NotNegative,
    Positive,
    RulePackName,
    Section,
    Share,
    Text,
)
from chargeplan.config.settings.clashes import Clash, tell_clashes
from chargeplan.config.settings.station_power import find_power_fault, list_station_kw
from chargeplan.words import (
    PlanMode,
    PlanObjective,
    ServiceRule,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


class TravelSettings(Section):
    """How far a driver goes for a charge."""

    limit_min: Annotated[float, Field(gt=0, le=240)] = 10.0
    """Longest drive from a cell to a station, in minutes."""
    block_sites: Count = 64
    """Sites per block of the shortest-path search; bounds the memory."""


class BandSettings(Section):
    """A travel-time band: a drive up to this long is worth this much."""

    up_to_min: Positive
    """Upper end of the band, in minutes (inclusive)."""
    quality: Share
    """Worth of demand served within the band, 1 for full."""


class ServiceSettings(Section):
    """What limits the energy that a number of chargers delivers in a day."""

    rule: ServiceRule = ServiceRule.UTILISATION
    """`utilisation`: `max_utilisation` of the opening hours, whatever the number of chargers. The others hold
    in the busiest hour of the day, as a queue does: `blocked`, share of drivers who find every charger busy and
    leave (Erlang B); `waiting`, share of drivers who must wait (Erlang C); `long_wait`, share of
    drivers who wait longer than `wait_share` of a charge."""
    target_share: Annotated[float, Field(gt=0, lt=1)] = 0.1
    """Largest such share of drivers. Assumption, no source found."""
    wait_share: Annotated[float, Field(gt=0, le=10)] = 0.25
    """What is a long wait, as a share of the mean duration of a charge."""


class ChargerSettings(Section):
    """The charger that stations are built of."""

    power_kw: Positive = 60.0
    """Rated power of one charger."""
    cost_pkr: NotNegative | None = None
    """Price of one charger, installed; without it, from data/costs/chargers.csv by power."""
    hours_day: Annotated[float, Field(gt=0, le=24)] = 16.0
    """Hours a day in which a charger can be used. Assumption, no source found."""
    max_utilisation: Annotated[float, Field(gt=0, le=1)] = 0.35
    """Largest share of those hours in which a charger is busy. Assumption, no source found."""
    outage_hours_day: Annotated[float, Field(ge=0, le=23)] | None = None
    """Hours a day without power from the grid, spread evenly over the day; they stop the chargers of
    sites whose feeder is not exempt and that have no storage. Without it, those of the company that
    supplies `study.city` (data/outage/hours.csv), or 0 when no city is given. A scenario may multiply
    them, as outage-stress does."""
    levels: Annotated[list[Count], Field(min_length=1, max_length=20)] = [1, 2, 4, 6, 8, 12]
    """Numbers of chargers a station may have."""
    service: ServiceSettings = ServiceSettings()
    """What limits the energy that a number of chargers delivers."""

    @model_validator(mode="after")
    def _check_levels_rise(self) -> ChargerSettings:
        if sorted(set(self.levels)) != self.levels:
            msg = f"levels must rise without repeats; got {self.levels}"
            raise ValueError(msg)
        return self


class ChargerTypeSettings(Section):
    """One of several charger types that a station may mix."""

    name: Name
    """Short name, such as slow or fast."""
    power_kw: Positive
    """Rated power of one charger."""
    cost_pkr: NotNegative | None = None
    """Price of one charger, installed; without it, from data/costs/chargers.csv by power."""
    levels: Annotated[list[Count], Field(min_length=1, max_length=20)] = [1, 2, 4, 6, 8, 12]
    """Numbers of such chargers a station may have, beside none."""


class YearSettings(Section):
    """A year to plan for; what is built in it stays."""

    year: Annotated[int, Field(ge=2026, le=2040)]
    """Calendar year; sets the demand."""
    budget_pkr: NotNegative | None = None
    """Money that comes in this year; what is left of it goes over into the next one."""
    max_sites: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Most new stations by this year, those of the years before included."""
    weight: Positive = 1.0
    """Weight of the demand served in this year beside the other years."""


class EquitySettings(Section):
    """Fairness between the zones of `study.zones`; without them, H3 cells of resolution 6 stand in."""

    floor_share: Share | None = None
    """Least share of each zone's demand that must be served, in every year."""
    zone_floor_share: dict[Text, Share] = {}
    """The same for zones named by their zone_id, in place of `floor_share`; needs `study.zones`."""
    floor_least_kwh_day: NotNegative = 0.0
    """`floor_share` leaves out zones that want less energy than this in `study.year`, such as slivers of hexagons
    at the edge; zones named in `zone_floor_share` keep their floors."""
    gini_cap: Annotated[float, Field(gt=0, le=1)] | None = None
    """Largest Gini coefficient of the served shares of zones, weighted by their demand: 0 is all alike."""


class ModelSettings(Section):
    """The planning problem."""

    mode: PlanMode
    """`cover`: where to stand, stations of one size. `allocate`: where and how many chargers."""
    budget_pkr: Positive | None = None
    """Largest total cost of new sites and chargers."""
    max_sites: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    """Largest number of new sites (required ones count, existing ones do not)."""
    nearest_sites: Count | None = None
    """A cell may use only its nearest so many sites; part of the stated problem."""
    bands: Annotated[list[BandSettings], Field(max_length=10)] = []
    """Travel-time bands; without them every drive within `travel.limit_min` is worth 1."""
    station_chargers: Count = 4
    """Chargers of every station in `cover` mode; sets its cost."""
    charger: ChargerSettings = ChargerSettings()
    """The charger."""
    chargers: Annotated[list[ChargerTypeSettings], Field(max_length=3)] = []
    """Several charger types, which stations may mix, in place of the power, price and levels of `charger`.
    Each vehicle class then charges only where it can (data/fleet/charger_types.csv)."""
    years: Annotated[list[YearSettings], Field(max_length=15)] = []
    """Several years, each with its money, in place of `budget_pkr` and `max_sites`; the last one
    is `study.year`."""
    objective: PlanObjective = PlanObjective.SERVED
    """`served`: most demand, weighted by its worth. `worst_zone`: first the largest served share of the
    worst-served zone, then most demand. `cost`: least money for `target_share`; budgets, when given, are
    ceilings."""
    target_share: Annotated[float, Field(gt=0, le=1)] | None = None
    """Share of the demand left by competitors that must be served in every year, weighted by its worth by
    driving time, when the objective is `cost`."""
    equity: EquitySettings = EquitySettings()
    """Fairness between zones."""
    spacing_m: Positive | None = None
    """Least straight-line distance of two new stations, and of a new one from an existing one."""
    least_station_kw: Positive | None = None
    """Least power of a new station."""
    largest_station_kw: Positive | None = None
    """Largest power of a new station: what a connection bears."""
    backup_share: Share = 0.0
    """Least share of the demand that must reach two open stations, against load shedding."""
    rules: Annotated[list[RulePackName], Field(max_length=20)] = []
    """Policy rules that the plan keeps: names of packs in data/rules, or paths of your own; rules that a pack
    only reports stay so. See docs/how-to/policy-rules.md."""
    reported_rules: Annotated[list[RulePackName], Field(max_length=20)] = []
    """Packs of which every rule is only reported, kept or not."""

    @model_validator(mode="after")
    def _check_clashes(self, info: ValidationInfo) -> ModelSettings:
        found = [*self._find_money_clashes(), *self._find_list_clashes(), *self._find_mode_clashes()]
        tell_clashes(
            (Clash(text, tuple(f"model.{key}" for key in reads.split()), "model") for text, reads in found),
            info,
        )
        return self

    def _find_money_clashes(self) -> Iterator[tuple[str, str]]:
        """Find what is wrong with the limits, each with the keys it is about."""
        keys = "budget_pkr max_sites years.budget_pkr years.max_sites objective"
        is_limited = self.budget_pkr is not None or self.max_sites is not None
        needs_limit = self.objective is not PlanObjective.COST
        if self.years and is_limited:
            yield "years have budgets and limits of their own; leave budget_pkr and max_sites out", ""
        if not self.years and not is_limited and needs_limit:
            yield "give budget_pkr, max_sites or both; without a limit every site would open", keys
        years_limited = any(each.budget_pkr is not None or each.max_sites is not None for each in self.years)
        if self.years and not years_limited and not is_limited and needs_limit:
            yield "give budget_pkr, max_sites or both in years; without a limit every site would open", keys
        budgets = [each.budget_pkr is None for each in self.years]
        if any(budgets) and not all(budgets):
            yield (
                "years: give budget_pkr for every one of them (0 where no money comes in) or for none",
                "years.budget_pkr",
            )

    def _find_list_clashes(self) -> Iterator[tuple[str, str]]:
        """Find lists whose entries do not fit each other."""
        years = [each.year for each in self.years]
        if sorted(set(years)) != years:
            yield f"years must rise without repeats; got {years}", "years.year"
        names = [each.name for each in self.chargers]
        if len(set(names)) != len(names):
            yield f"chargers must have different names; got {names}", "chargers.name"
        ends = [band.up_to_min for band in self.bands]
        qualities = [band.quality for band in self.bands]
        if sorted(set(ends)) != ends:
            yield f"bands must rise in up_to_min without repeats; got {ends}", "bands.up_to_min"
        if sorted(qualities, reverse=True) != qualities:
            yield f"bands must not rise in quality; got {qualities}", "bands.quality"

    def _find_mode_clashes(self) -> Iterator[tuple[str, str]]:
        """Find in cover mode what needs sizes and capacities, powers that no station has, and goals without figure."""
        if self.mode is PlanMode.COVER:
            given = {
                "chargers": bool(self.chargers),
                "years": bool(self.years),
                "objective: worst_zone": self.objective is PlanObjective.WORST_ZONE,
                "equity": self.equity != EquitySettings(),
                "least_station_kw": self.least_station_kw is not None,
                "largest_station_kw": self.largest_station_kw is not None,
                "backup_share": self.backup_share > 0,
            }
            wrong = [name for name, is_given in given.items() if is_given]
            if wrong:
                verb = "needs" if len(wrong) == 1 else "need"
                yield (
                    f"{', '.join(wrong)} {verb} mode allocate; cover mode knows neither sizes nor years",
                    "mode objective",
                )
        fault = self._find_power_fault()
        if fault:
            yield fault, "least_station_kw largest_station_kw chargers charger"
        if (self.objective is PlanObjective.COST) != (self.target_share is not None):
            yield (
                "target_share and objective: cost go together; give both or neither",
                "target_share objective",
            )

    def _find_power_fault(self) -> str:
        if self.least_station_kw is None and self.largest_station_kw is None:
            return ""
        types = [(each.power_kw, each.levels) for each in self.chargers] or [
            (self.charger.power_kw, self.charger.levels)
        ]
        largest_kw = float("inf") if self.largest_station_kw is None else self.largest_station_kw
        return find_power_fault(self.least_station_kw or 0.0, largest_kw, list_station_kw(types))
