"""``--vary KEY=VALUES``: which setting of the model takes which values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chargeplan.config.money import MONEY_FORMS, is_money_key, read_money
from chargeplan.config.overrides import parse_path
from chargeplan.config.scalars import ScalarError, resolve_plain
from chargeplan.config.tree import format_path
from chargeplan.errors import ConfigError
from chargeplan.units import format_pkr

BUDGET_KEY = "model.budget_pkr"
SITES_KEY = "model.max_sites"
# A plan for a smaller value of these is a plan for a larger one: they only widen a limit.
LIMIT_KEYS = (BUDGET_KEY, SITES_KEY)
TARGET_KEY = "model.target_share"
# Others of which a larger value only loosens a limit, and those of which it only tightens one. Unlike the
# ones above they say nothing of money or numbers, so that no knee is looked for.
_LOOSENING = re.compile(
    r"model\.(budget_pkr|max_sites|equity\.gini_cap|largest_station_kw|years\[\d+\]\.(budget_pkr|max_sites))"
)
_TIGHTENING = re.compile(
    r"model\.(equity\.(floor_share|zone_floor_share\..+)|spacing_m|backup_share|least_station_kw)"
)
MAX_POINTS = 50

_RANGE = re.compile(r"(?P<first>.+?)\.\.(?P<last>.+?)\s*(?:\s+step\s+(?P<step>.+)|[x×]\s*(?P<count>\d{1,4}))")
_DIGITS = 3  # of a value between the ends of a range
_FORMS = (
    "a list such as 100e6,200e6,400e6, N values in equal ratios such as 100e6..1600e6 x5, or equal "
    f"steps such as 100e6..500e6 step 100e6; sums of money may be short, as {MONEY_FORMS}"
)

Number = int | float


@dataclass(frozen=True, slots=True)
class Vary:
    """A setting and the values it takes.

    Parameters
    ----------
    key : str
        Such as ``model.budget_pkr``.
    values : tuple of int or float
        Rising, each once.
    """

    key: str
    values: tuple[Number, ...]

    @property
    def is_limit(self) -> bool:
        """Whether a larger value only widens a limit, so that served demand cannot fall."""
        return self.key in LIMIT_KEYS

    @property
    def loosens(self) -> bool | None:
        """Whether a larger value only loosens a limit (True), only tightens one (False), or neither (None)."""
        if _LOOSENING.fullmatch(self.key):
            return True
        return False if _TIGHTENING.fullmatch(self.key) else None

    @property
    def name(self) -> str:
        """The key without its section, as a name of files."""
        return re.sub(r"[^A-Za-z0-9]+", "_", self.key.partition(".")[2]).strip("_")

    def make_override(self, value: Number) -> str:
        """Write a value as ``--set`` takes it."""
        return f"{self.key}={write_number(value)}"

    def show(self, value: Number) -> str:
        """Write a value for people: money as PKR, all else as a number."""
        return format_pkr(value) if self.key.endswith("_pkr") else f"{value:,.10g}"

    def name_value(self, value: Number) -> str:
        """Write a value so that a sentence needs no heading.

        Examples
        --------
        >>> Vary("model.max_sites", (4, 8)).name_value(4)
        '4 new sites'
        """
        if self.key == SITES_KEY:
            return f"{value:,} new sites"
        return self.show(value) if self.key == BUDGET_KEY else f"{self.key} {self.show(value)}"


def parse_vary(text: str) -> Vary:
    """Read ``KEY=VALUES``.

    Raises
    ------
    ConfigError
        When the key is not of the section `model`, or the values cannot be read.

    Examples
    --------
    >>> parse_vary("model.budget_pkr=100M, 2e8").values
    (100000000, 200000000)
    >>> parse_vary("model.budget_pkr=100M..1.6B x5").values
    (100000000, 200000000, 400000000, 800000000, 1600000000)
    >>> parse_vary("model.max_sites=5..20 step 5").values
    (5, 10, 15, 20)
    """
    key, equals, written = text.partition("=")
    path = parse_path(key)
    if not equals or path is None or not written.strip():
        raise ConfigError(f'--vary: got "{text}"; expected KEY=VALUES, with as VALUES {_FORMS}')
    if path[0] != "model" or len(path) < 2:
        raise ConfigError(
            f"--vary: {format_path(path)} cannot be varied: only settings of model can, because roads, demand, "
            f"sites and driving times are made once for all points; run the study for each value instead"
        )
    values = _read_values(written.strip(), is_money=is_money_key(path))
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ConfigError(f"--vary: {', '.join(map(write_number, twice))} is given twice; keep one")
    if not 2 <= len(values) <= MAX_POINTS:
        raise ConfigError(f"--vary: got {len(values)} values; expected 2 to {MAX_POINTS}: {_FORMS}")
    return Vary(format_path(path), tuple(sorted(values)))


def write_number(value: Number) -> str:
    """Write a number as a config takes it, whole ones without a point.

    Examples
    --------
    >>> write_number(2e8), write_number(0.35)
    ('200000000', '0.35')
    """
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _read_values(written: str, *, is_money: bool) -> list[Number]:
    if ".." not in written:
        return [_read_number(part, is_money=is_money) for part in written.split(",")]
    match = _RANGE.fullmatch(written)
    if match is None:
        raise ConfigError(f'--vary: got "{written}"; say how many values or which steps: {_FORMS}')
    first, last = (_read_number(match[end], is_money=is_money) for end in ("first", "last"))
    if first >= last:
        raise ConfigError(f'--vary: got "{written}"; a range must rise from its first value to its last')
    if match["step"] is not None:
        return _step_through(first, last, _read_number(match["step"], is_money=is_money))
    return _space_by_ratio(first, last, int(match["count"]))


def _step_through(first: Number, last: Number, step: Number) -> list[Number]:
    if step <= 0:
        raise ConfigError(f"--vary: got a step of {write_number(step)}; expected more than 0")
    n_steps = (last - first) / step
    if n_steps >= MAX_POINTS:
        raise ConfigError(f"--vary: that would be {n_steps + 1:,.0f} values; expected at most {MAX_POINTS}")
    if abs(n_steps - round(n_steps)) > 1e-9:
        raise ConfigError(
            f"--vary: steps of {write_number(step)} from {write_number(first)} do not meet "
            f"{write_number(last)}; choose a last value that they meet"
        )
    return [_simplify(float(f"{first + number * step:.12g}")) for number in range(round(n_steps) + 1)]


def _space_by_ratio(first: Number, last: Number, count: int) -> list[Number]:
    """Space values by equal ratios; those between the ends are rounded, and whole between whole ends."""
    if not 2 <= count <= MAX_POINTS:
        raise ConfigError(f"--vary: got x{count}; expected x2 to x{MAX_POINTS}")
    if first <= 0:
        raise ConfigError(
            f"--vary: equal ratios need a first value above 0, got {write_number(first)}; use steps: "
            f"{write_number(first)}..{write_number(last)} step {write_number(_simplify((last - first) / (count - 1)))}"
        )
    is_whole = isinstance(first, int) and isinstance(last, int)
    between: list[Number] = []
    for number in range(1, count - 1):
        value = float(f"{first * (last / first) ** (number / (count - 1)):.{_DIGITS}g}")
        between.append(round(value) if is_whole else _simplify(value))
    values = [first, *between, last]
    if len(set(values)) < count:
        raise ConfigError(
            f"--vary: there are not {count} different values between {write_number(first)} and "
            f"{write_number(last)}; ask for fewer"
        )
    return values


def _read_number(text: str, *, is_money: bool) -> Number:
    """Read a number as a config takes it: sums of money in short words too."""
    amount = read_money(text) if is_money else None
    if amount is not None:
        return amount
    try:
        value = resolve_plain(text.strip())
    except ScalarError as error:
        raise ConfigError(f"--vary: {error}") from error
    if isinstance(value, (bool, str)) or value is None:
        raise ConfigError(f'--vary: got "{text.strip()}"; expected a number, or {_FORMS}')
    return _simplify(value)


def _simplify(value: Number) -> Number:
    return int(value) if float(value).is_integer() else float(value)
