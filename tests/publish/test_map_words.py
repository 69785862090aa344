"""The dictionary of the map: whole, without mistakes in its places, and with every sentence that Python writes."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from sample_bundle import build_sample_bundle

from chargeplan.publish.map_figures import describe_search, list_economics, list_figures
from chargeplan.publish.map_page import LIBRARY_SCRIPTS, TEMPLATE_FOLDER
from chargeplan.publish.map_words import URDU_FILE, read_urdu_words
from chargeplan.publish.report.urdu import URDU_FILE as REPORT_FILE
from chargeplan.publish.report.urdu import read_words
from chargeplan.publish.run_folder import list_linked_files
from chargeplan.solve.outcome import StoppedBy
from chargeplan.words import Outcome, PlaceKind, PlanObjective, RemovalReason, SiteStatus

PLACE = re.compile(r"\{[n*=]\}")
NUMBER = r"([-+−]?\d[\d,]*(?:\.\d+)?\s?%?|–)"


def find_entry(text):
    """Find the entry of a text as the page does: the text itself, else the first pattern."""
    words = read_urdu_words()
    if text in words or not re.search("[A-Za-z]{2}", text):
        return True
    for english in words:
        kinds = PLACE.findall(english)
        if not kinds:
            continue
        parts = [re.escape(part) for part in PLACE.split(english)]
        source = parts[0] + "".join(
            {"{n}": NUMBER, "{*}": "(.+?)", "{=}": "(.+)"}[kind] + part
            for kind, part in zip(kinds, parts[1:], strict=True)
        )
        match = re.fullmatch(source, text)
        if match:
            inner = [group for kind, group in zip(kinds, match.groups(), strict=True) if kind == "{*}"]
            return all(find_entry(group) for group in inner)
    return False


def test_each_entry_is_urdu_and_uses_each_place_of_its_english():
    groups = json.loads(URDU_FILE.read_text(encoding="utf-8"))
    assert sum(len(words) for words in groups.values()) == len(read_urdu_words())  # none stands twice
    for english, urdu in read_urdu_words().items():
        places = set(range(len(PLACE.findall(english))))
        assert {int(place) for place in re.findall(r"\{(\d)\}", urdu)} == places, english
        has_letters = re.search("[\u0600-\u06ff]", urdu)
        assert has_letters or re.sub(r"\{.\}|[A-Za-z ()·]", "", urdu) == "", english
        assert not re.search("[\u0660-\u0669\u06f0-\u06f9]", urdu), english  # Latin digits
        assert not re.search("[يكة]", urdu), f"{english}: an Arabic letter where Urdu has its own"


def test_each_closed_set_of_words_has_urdu():
    words = [
        word.value.replace("_", " ").capitalize()
        for word in (*PlaceKind, SiteStatus.EXISTING, SiteStatus.REQUIRED)
    ]
    words += [reason.value for reason in RemovalReason] + [ended.value for ended in StoppedBy]
    assert [word for word in words if not find_entry(word)] == []


@pytest.mark.parametrize("objective", list(PlanObjective))
@pytest.mark.parametrize("gap", [0.0, 0.0123, np.inf])
def test_what_python_writes_about_the_search_has_urdu(objective, gap):
    bundle = build_sample_bundle()
    solution = replace(
        bundle.solution,
        outcome=Outcome.WITHIN_GAP,
        bound_kwh_day=bundle.solution.objective_kwh_day * (1 + gap),
        gap_asked=0.0,
        cost_pkr=50e6 if objective is PlanObjective.COST else np.nan,
        cost_bound_pkr=50e6 / (1 + gap) if objective is PlanObjective.COST else np.nan,
        worst_share=0.4 if objective is PlanObjective.WORST_ZONE else np.nan,
        worst_share_bound=0.5 if objective is PlanObjective.WORST_ZONE else np.nan,
    )
    problem = replace(bundle.problem, nearest_sites=12, objective=objective)
    changed = replace(bundle, solution=solution, problem=problem)
    texts = [solution.proof_text]
    if np.isfinite(gap):
        texts += [solution.outcome_text, *describe_search(changed)]
    texts += [text for figure in (*list_figures(changed), *list_economics(changed)) for text in figure]
    texts += [what for _, what in list_linked_files(changed)]
    assert [text for text in texts if text and not find_entry(text)] == []


def test_labels_of_the_frame_have_urdu():
    frame = (TEMPLATE_FOLDER / "frame.jinja").read_text(encoding="utf-8").split("<noscript>")[0]
    texts = re.findall(r">([^<>{}]*[A-Za-z]{2}[^<>{}]*)<", frame) + re.findall(
        r'(?:aria-label|placeholder|title)="([^"{]+)"', frame
    )
    assert len(texts) > 20
    assert [text for text in texts if not find_entry(text.strip())] == []


def test_captions_in_the_code_have_urdu():
    code = "\n".join((TEMPLATE_FOLDER / name).read_text(encoding="utf-8") for name in LIBRARY_SCRIPTS)
    captions = (
        re.findall(r'\["([A-Z][^"]*)", ?"?n?"', code)
        + re.findall(r'makeCard\("([^"]+)"', code)
        + re.findall(r'tell\("([^"+]+)"\)', code)
    )
    assert len(captions) > 15
    assert [text for text in captions if not text.endswith(" ") and not find_entry(text)] == []


def test_map_and_report_call_the_same_things_by_the_same_urdu_words():
    map_words, report = read_urdu_words(), read_words()
    pairs = [
        ("Demand served", report["figures"]["served_share"]),
        ("Demand served", report["decided"]["served"]),
        ("Demand not served", report["decided"]["unserved"]),
        ("New stations", report["figures"]["new_sites"]),
        ("New chargers", report["figures"]["new_chargers"]),
        ("Money to spend", report["figures"]["cost"]),
        ("Payback", report["figures"]["payback"]),
        ("Net present value", report["decided"]["npv"]),
        ("Existing stations", report["decided"]["existing"]),
        ("{n} kWh/day", "{0} " + report["units"]["kWh/day"]),
        ("{n} min", "{0} " + report["units"]["min"]),
        ("{n} years", "{0} " + report["units"]["years"]),
        ("{n} t a year", "سالانہ {0} ٹن"),
    ]
    for english, urdu in pairs:
        assert map_words[english] == urdu, english
    assert report["figures"]["mean_drive"].endswith(map_words["Mean drive"])
    assert map_words["Demand"] in report["decided"]["demand"]
    # One word for demand on both, and not "need" beside it.
    both = " ".join(map_words.values()) + REPORT_FILE.read_text(encoding="utf-8")
    assert "طلب" in both
    assert "ضرورت" not in both
