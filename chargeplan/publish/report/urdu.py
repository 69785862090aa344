"""The summary page in Urdu; its words are in urdu.yaml."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from chargeplan.publish.map_words import read_urdu_words
from chargeplan.publish.report.numbers import NEVER, NOT_KNOWN, Number
from chargeplan.publish.report.proof import make_gap
from chargeplan.publish.report.summary import Line, list_asked, list_decided, list_key_figures
from chargeplan.records import LARGEST_UNSAID_GAP
from chargeplan.units import format_lakh_crore
from chargeplan.words import Outcome, PlanMode, ServiceRule

if TYPE_CHECKING:
    from chargeplan.publish.bundle import RunBundle

URDU_FILE = Path(__file__).with_name("urdu.yaml")
_AMOUNT = re.compile(r"^(?P<amount>[-−]?[\d.,]+%?)(?: (?P<unit>.+))?$")


@lru_cache(maxsize=1)
def read_words() -> dict[str, Any]:
    """Read the words of the Urdu page."""
    from ruamel.yaml import YAML

    words: dict[str, Any] = YAML(typ="safe").load(URDU_FILE.read_text(encoding="utf-8"))
    return words


def describe_urdu(bundle: RunBundle, *, n_assumptions: int) -> dict[str, Any]:
    """Describe the summary page in Urdu: the same figures as in English."""
    words = read_words()
    return {
        "words": words,
        "plan_for": words["plan_for"].format(year=bundle.year),
        "outcome": _describe_outcome(bundle),
        "asked": [
            (_get_word("asked", line.key), _translate_asked(bundle, line, words))
            for line in list_asked(bundle)
        ],
        "figures": _translate(list_key_figures(bundle), "figures", words),
        "decided": _translate(list_decided(bundle), "decided", words),
        "notes": [
            words[name].format(number=size)
            for name, size in (("assumptions", n_assumptions), ("warnings", len(bundle.evaluation.warnings)))
            if size
        ],
    }


def _get_word(group: str, key: str) -> str:
    """Get a word of the Urdu page; a line without its word may not fall away unseen."""
    word = read_words()[group].get(key)
    if word is None:
        raise KeyError(
            f"{URDU_FILE.name} has no {group}.{key}; add it, the page in Urdu shows what the other shows"
        )
    return str(word)


def _describe_outcome(bundle: RunBundle) -> Markup:
    """Say how the search ended, in the words of the map."""
    solution, texts = bundle.solution, read_urdu_words()
    name = "how much better a plan can be is not known"
    if solution.gap < float("inf"):
        name = "WITHIN {n}"
        if solution.outcome is Outcome.PROVEN_OPTIMAL:
            name = "PROVEN OPTIMAL to {n}" if solution.gap > LARGEST_UNSAID_GAP else "PROVEN OPTIMAL"
    # Our own words.
    told = Markup(texts[name]).format(Markup("<bdi>{}</bdi>").format(make_gap(bundle)))  # noqa: S704
    if not math.isfinite(solution.worst_share):
        return told
    worst = "{*}, the worst zone served to {n} of at most {n}"
    return Markup(texts[worst]).format(  # noqa: S704
        told, _show_share(solution.worst_share), _show_share(solution.worst_share_bound)
    )


def _show_share(value: float) -> Markup:
    return Markup("<bdi>{}</bdi>").format(f"{value:.1%}")


def _translate_asked(bundle: RunBundle, line: Line, words: dict[str, Any]) -> list[Any]:
    if line.key == "objective":
        return [words["values"][bundle.request.objective.value]]
    if line.key == "charger":
        return [_describe_chargers(bundle, words)]
    if line.key == "no_budget":
        return [words["values"]["not_limited"]]
    if line.key == "service":
        return [_describe_service(bundle)]
    return _translate_values(line, words)


def _describe_service(bundle: RunBundle) -> Markup:
    """Say when a station is full, as the English page does."""
    request = bundle.request
    if request.mode is PlanMode.COVER:
        return Markup(_get_word("service", "cover"))  # noqa: S704  # our own words
    is_use = request.service_rule is ServiceRule.UTILISATION
    limit = request.max_utilisation if is_use else request.service_target_share
    words = Markup(_get_word("service", request.service_rule.value))  # noqa: S704  # our own words
    return words.format(share=Markup("<bdi>{}</bdi>").format(f"{limit:.0%}"))


def _describe_chargers(bundle: RunBundle, words: dict[str, Any]) -> Markup:
    """Name the chargers: their names are those of the config, in their own direction."""
    request, units = bundle.request, words["units"]
    named = (
        Markup("{} ")
        .format(words["values"]["and"])
        .join(
            Markup("<bdi>{}</bdi> {} ").format(f"{kw:g}", units["kW"])
            if name == f"{kw:g} kW"
            else Markup("<bdi>{}</bdi> (<bdi>{}</bdi> {}) ").format(name, f"{kw:g}", units["kW"])
            for name, kw in zip(request.type_names, request.type_power_kw, strict=True)
        )
    )
    hours = Markup(" · <bdi>{}</bdi> {}").format(f"{request.hours_day:g}", words["values"]["hours_day"])
    return named + hours


def _translate(lines: list[Line], group: str, words: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    return [(_get_word(group, line.key), _translate_values(line, words)) for line in lines]


def _translate_values(line: Line, words: dict[str, Any]) -> list[Any]:
    """Translate the units of the figures of a line; each figure keeps its own direction."""
    return [
        _translate_number(value, words)
        if isinstance(value, Number)
        else words["values"]["never"]
        if value == NEVER
        else value
        for value in line.values
    ]


def _translate_number(number: Number, words: dict[str, Any]) -> Markup:
    units = words["units"]
    if number.text.startswith("PKR "):
        beside = format_lakh_crore(number.value)
        for word in ("crore", "lakh"):
            beside = beside.replace(word, units[word])
        text = number.text.removeprefix("PKR ").replace(" M", f" {units['M']}")
        shown = Number(number.value, text, number.place)
        small = Markup(' <small class="beside">({})</small>').format(beside) if beside else ""
        return Markup("<bdi>{}</bdi> {}{}").format(shown, units["PKR"], small)
    match = _AMOUNT.match(number.text)
    if match is None:
        return Markup("<bdi>{}</bdi>").format(number.text or NOT_KNOWN)
    shown = Number(number.value, match["amount"], number.place)
    unit = match["unit"]
    return Markup("<bdi>{}</bdi> {}").format(shown, _get_word("units", unit) if unit else "")
