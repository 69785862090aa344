"""A rule pack out of the tree of its YAML text; whatever is missing or unknown is a fault."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from chargeplan.config.nearest import find_nearest
from chargeplan.config.tree import (
    BrokenNode,
    Fault,
    KeyPath,
    ListNode,
    MapNode,
    Node,
    ScalarNode,
    describe_value,
    format_path,
)
from chargeplan.data_register import NOT_STATED
from chargeplan.rules.pack import (
    EVERY_KIND,
    NEEDED_FIGURES,
    OPTIONAL_FIGURES,
    RANGES,
    UNITS,
    WHOLE_FIGURES,
    BayStep,
    PolicyRule,
    RuleFigure,
    RuleKind,
    RulePack,
)
from chargeplan.words import PlaceKind

CONFIDENCES = ("high", "med", "low", "assumption", "planner")
_PACK_KEYS = ("title", "country", "about", "left_out", "rules")
_RULE_KEYS = ("kind", "must", "says", "figures")
_FIGURE_KEYS = ("value", "unit", "year", "source", "confidence")
_YEARS = (1900, 2100)
# Further keys of a rule, by what it is about.
_WITH_SITE_KINDS = (RuleKind.SHARE_OF_SITES, RuleKind.BAYS)
_WITH_CLASSES = (RuleKind.POINTS_PER_VEHICLE, RuleKind.POWER_PER_VEHICLE)


@dataclass(slots=True)
class PackReader:
    """Reads one pack; its faults are all in `faults` in the end.

    Parameters
    ----------
    name : str
        Of the pack.
    faults : list of Fault
        Those found before.
    """

    name: str
    faults: list[Fault] = field(default_factory=list)

    def read(self, root: MapNode) -> RulePack:
        """Read a pack; it is of use only when there are no faults."""
        self._check_keys(root, (), _PACK_KEYS, needed=("title", "country", "about", "rules"))
        section = self._get_section(root, (), "rules")
        rules = tuple(
            self._read_rule(str(name), node, ("rules", name))
            for name, node in (section.entries.items() if section else ())
            if not isinstance(node, BrokenNode)
        )
        if section is not None and not section.entries:
            self._add(section, ("rules",), "has no rule; name one or more")
        return RulePack(
            name=self.name,
            title=self._get_text(root, (), "title"),
            country=self._get_text(root, (), "country"),
            about=self._get_text(root, (), "about"),
            left_out=tuple(self._get_words(root, (), "left_out")),
            rules=tuple(rule for rule in rules if rule is not None),
        )

    def _read_rule(self, name: str, node: Node, path: KeyPath) -> PolicyRule | None:
        if not isinstance(node, MapNode):
            self._add(
                node, path, f"got {describe_value(node)}; expected a section with {', '.join(_RULE_KEYS)}"
            )
            return None
        kind = self._get_kind(node, path)
        if kind is None:
            return None  # which keys belong here is not known without it
        further = [
            key
            for key, kinds in (
                ("steps", (RuleKind.BAYS,)),
                ("site_kinds", _WITH_SITE_KINDS),
                ("classes", _WITH_CLASSES),
            )
            if kind in kinds
        ]
        needs_figures = bool(NEEDED_FIGURES[kind])
        self._check_keys(
            node,
            path,
            (*_RULE_KEYS, *further),
            needed=_RULE_KEYS if needs_figures else ("kind", "must", "says"),
        )
        figures = self._read_figures(node, path, kind)
        steps = self._read_steps(node, path) if "steps" in node.entries and "steps" in further else ()
        if kind is RuleKind.BAYS and not steps and "bays_per_charger" not in figures:
            self._add(node, path, "says nothing; give steps, figures.bays_per_charger or both")
        site_kinds = tuple(self._get_words(node, path, "site_kinds", tuple(PlaceKind)))
        if kind is RuleKind.SHARE_OF_SITES and not site_kinds and "site_kinds" not in node.entries:
            self._add(node, (*path, "site_kinds"), "missing; name the kinds of sites, such as [fuel]")
        if "chargers" in figures and "charger_kw" not in figures:
            self._add(node, (*path, "figures"), "chargers needs charger_kw, the power that so many must have")
        return PolicyRule(
            pack=self.name,
            name=name,
            kind=kind,
            must=self._get_flag(node, path, "must"),
            says=self._get_text(node, path, "says"),
            figures=figures,
            steps=steps,
            site_kinds=site_kinds,
            classes=tuple(self._get_words(node, path, "classes")),
        )

    def _get_kind(self, rule: MapNode, path: KeyPath) -> RuleKind | None:
        words = [kind.value for kind in RuleKind]
        node = rule.entries.get("kind")
        if node is None:
            self._add(rule, (*path, "kind"), f"missing; the kinds are {', '.join(words)}")
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, str) and value in words:
            return RuleKind(value)
        if not isinstance(node, BrokenNode):
            text = f"got {describe_value(node)}; expected {', '.join(words)}{_suggest(value, words)}"
            self._add(node, (*path, "kind"), text)
        return None

    def _read_figures(self, rule: MapNode, path: KeyPath, kind: RuleKind) -> dict[str, RuleFigure]:
        needed = NEEDED_FIGURES[kind]
        known = (*needed, *OPTIONAL_FIGURES.get(kind, ()), *EVERY_KIND)
        section = self._get_section(rule, path, "figures") if "figures" in rule.entries else None
        if section is None:
            return {}
        inner = (*path, "figures")
        self._check_keys(section, inner, known, needed=needed)
        figures = {
            name: self._read_figure(name, node, (*inner, name), ())
            for name, node in section.entries.items()
            if name in known and not isinstance(node, BrokenNode)
        }
        return {name: figure for name, figure in figures.items() if figure is not None}

    def _read_steps(self, rule: MapNode, path: KeyPath) -> tuple[BayStep, ...]:
        listed = rule.entries["steps"]
        inner = (*path, "steps")
        if not isinstance(listed, ListNode) or not listed.items:
            if not isinstance(listed, BrokenNode):
                text = f"got {describe_value(listed)}; expected a list of steps with from_bays and a figure"
                self._add(listed, inner, text)
            return ()
        steps = []
        for number, node in enumerate(listed.items):
            figure = self._read_figure("step", node, (*inner, number), ("from_bays",))
            bays = (
                self._get_number(node, (*inner, number), "from_bays") if isinstance(node, MapNode) else None
            )
            if bays is not None and (bays < 0 or bays != int(bays)):
                self._add(node, (*inner, number, "from_bays"), f"got {bays:g}; expected a whole number >= 0")
            elif figure is not None and bays is not None:
                steps.append(BayStep(int(bays), figure))
        if len(steps) == len(listed.items):
            bays_of = [step.from_bays for step in steps]
            points = [step.figure.value for step in steps]
            if sorted(set(bays_of)) != bays_of or sorted(set(points)) != points:
                text = f"from_bays {bays_of} and their points {points} must rise without repeats"
                self._add(listed, inner, text)
        return tuple(steps)

    def _read_figure(self, name: str, node: Node, path: KeyPath, more: tuple[str, ...]) -> RuleFigure | None:
        if not isinstance(node, MapNode):
            if not isinstance(node, BrokenNode):
                text = f"got {describe_value(node)}; expected a section with {', '.join(_FIGURE_KEYS)}"
                self._add(node, path, text)
            return None
        before = len(self.faults)
        self._check_keys(node, path, (*_FIGURE_KEYS, *more, "address", "note"), needed=(*_FIGURE_KEYS, *more))
        value = self._get_number(node, path, "value")
        unit = self._get_word(node, path, "unit", tuple(UNITS[name]))
        year = self._get_number(node, path, "year")
        confidence = self._get_word(node, path, "confidence", CONFIDENCES)
        source = self._get_text(node, path, "source")
        if value is not None and unit is not None:
            self._check_range(name, value * UNITS[name][unit], value, node, path)
        if year is not None and (year != int(year) or not _YEARS[0] <= year <= _YEARS[1]):
            self._add(node.entries["year"], (*path, "year"), f"got {year:g}; expected the year of the source")
        if confidence == "assumption" and source and "assum" not in source:
            text = 'confidence is assumption, but the source does not say "assumption, no source found"'
            self._add(node.entries["source"], (*path, "source"), text)
        if source == NOT_STATED:
            self._add(
                node.entries["source"], (*path, "source"), "name a source, or say that it is an assumption"
            )
        if len(self.faults) > before or value is None or unit is None or year is None or confidence is None:
            return None
        address = self._get_text(node, path, "address", default="")
        return RuleFigure(float(value), unit, int(year), source, confidence, address)

    def _check_range(self, name: str, computed: float, value: float, node: MapNode, path: KeyPath) -> None:
        low, high = RANGES[name]
        place, at = node.entries["value"], (*path, "value")
        if not low <= computed <= high or (low == 0 == computed and name not in {"occupied_from", "step"}):
            unit = next(iter(UNITS[name]))
            self._add(
                place,
                at,
                f"got {value:g}; expected {'more than 0' if low == 0 else f'{low:g}'} to {high:g} {unit}",
            )
        elif name in WHOLE_FIGURES and value != int(value):
            self._add(place, at, f"got {value:g}; expected a whole number")

    def _check_keys(
        self, section: MapNode, path: KeyPath, known: Iterable[str], *, needed: Iterable[str]
    ) -> None:
        """Name unknown keys with the nearest known one, and needed keys that are missing."""
        names = list(known)
        meant = set()
        for key, node in section.entries.items():
            if key not in names:
                nearest = find_nearest(key, names)
                meant.add(nearest)
                advice = f'did you mean "{nearest}"?' if nearest else f"the keys here are {', '.join(names)}"
                self._add(node, (*path, key), f"unknown key; {advice}")
        for key in needed:
            if key not in section.entries and key not in meant:
                self._add(section, (*path, key), "missing; add it")

    def _get_section(self, parent: MapNode, path: KeyPath, key: str) -> MapNode | None:
        node = parent.entries.get(key)
        if isinstance(node, MapNode) or node is None:
            return node
        if not isinstance(node, BrokenNode):
            self._add(node, (*path, key), f"got {describe_value(node)}; expected a section")
        return None

    def _get_text(self, parent: MapNode, path: KeyPath, key: str, default: str = "") -> str:
        node = parent.entries.get(key)
        if node is None or isinstance(node, BrokenNode):
            return default
        if isinstance(node, ScalarNode) and isinstance(node.value, str) and node.value.strip():
            return " ".join(node.value.split())
        self._add(node, (*path, key), f"got {describe_value(node)}; expected a text")
        return default

    def _get_word(self, parent: MapNode, path: KeyPath, key: str, words: Iterable[str]) -> str | None:
        node, choices = parent.entries.get(key), list(words)
        if node is None or isinstance(node, BrokenNode):
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, str) and value in choices:
            return value
        text = f"got {describe_value(node)}; expected {' or '.join(choices)}{_suggest(value, choices)}"
        self._add(node, (*path, key), text)
        return None

    def _get_words(
        self, parent: MapNode, path: KeyPath, key: str, choices: tuple[str, ...] = ()
    ) -> Iterator[str]:
        """Give the texts of a list, each of the choices where there are some."""
        node = parent.entries.get(key)
        if node is None or isinstance(node, BrokenNode):
            return
        if not isinstance(node, ListNode) or not node.items:
            self._add(node, (*path, key), f"got {describe_value(node)}; expected a list of texts: [...]")
            return
        for number, item in enumerate(node.items):
            value = item.value if isinstance(item, ScalarNode) else None
            if not isinstance(value, str) or not value.strip():
                self._add(item, (*path, key, number), f"got {describe_value(item)}; expected a text")
            elif choices and value not in choices:
                text = f"got {describe_value(item)}; expected {', '.join(choices)}{_suggest(value, choices)}"
                self._add(item, (*path, key, number), text)
            else:
                yield str(value)

    def _get_number(self, parent: MapNode, path: KeyPath, key: str) -> float | None:
        node = parent.entries.get(key)
        if node is None or isinstance(node, BrokenNode):
            return None
        value = node.value if isinstance(node, ScalarNode) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._add(node, (*path, key), f"got {describe_value(node)}; expected a number without a unit")
            return None
        return value

    def _get_flag(self, parent: MapNode, path: KeyPath, key: str) -> bool:
        node = parent.entries.get(key)
        if node is None or isinstance(node, BrokenNode):
            return False
        if isinstance(node, ScalarNode) and isinstance(node.value, bool):
            return node.value
        text = "true (every plan has to keep it) or false (it is only reported)"
        self._add(node, (*path, key), f"got {describe_value(node)}; expected {text}")
        return False

    def _add(self, node: Node, path: KeyPath, text: str) -> None:
        self.faults.append(Fault(node.mark, format_path(path), text))


def _suggest(value: object, words: Iterable[str]) -> str:
    meant = find_nearest(value, words) if isinstance(value, str) else None
    return f'; did you mean "{meant}"?' if meant is not None else ""
