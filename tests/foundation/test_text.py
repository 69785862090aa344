"""Text from data stays text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeplan.text import clean_text, safe_html, show_name, to_json, to_script_json

PAYLOADS = [
    "${alert(1)}",
    "`${window.__x=1}`",
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "\\u003cscript\\u003e",
    "{{constructor}}",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_character_that_could_act_survives_in_html(payload):
    assert not set(safe_html(payload)) & set("<>\"'`$\\{}")


@given(st.text())
def test_html_text_never_holds_an_active_character(text):
    assert not set(safe_html(text)) & set("<>\"'`$\\{}")


@given(st.text())
def test_script_json_is_the_same_data_and_never_closes_the_script(text):
    written = to_script_json({"name": text})
    assert json.loads(written) == {"name": text}
    assert not set(written) & set("<>&\u2028\u2029")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_json_without_a_number_is_refused(value):
    with pytest.raises(ValueError, match="JSON"):
        to_json({"a": value})


@given(st.text())
def test_clean_text_is_one_short_line_and_stable(text):
    cleaned = clean_text(text)
    assert len(cleaned) <= 300
    assert not set(cleaned) & set("\n\r\t\0\u202e\u2066")
    assert clean_text(cleaned) == cleaned


def test_the_english_name_is_shown_first_and_unnamed_is_no_name():
    assert show_name({"name": "شیل", "name_en": "Shell"}, "fuel") == "Shell"
    assert show_name({"name": "Unnamed", "name_ur": "شیل"}, "fuel") == "شیل"
    assert show_name({"name": "", "name_en": None}, "fuel") == "fuel"


def test_a_long_text_ends_with_a_whole_word():
    text = " ".join(["station"] * 60)
    assert clean_text(text) == " ".join(["station"] * 37) + "…"
    assert clean_text(text, 1000) == text
    assert clean_text("a" * 400) == "a" * 299 + "…"


def test_code_points_that_are_never_characters_are_dropped():
    assert clean_text("a\ufffeb\uffffc\ufdd0d\U0010ffffe") == "abcde"
    assert clean_text("\ufdf0 \ufffd") == "\ufdf0 \ufffd"  # their neighbours are characters
