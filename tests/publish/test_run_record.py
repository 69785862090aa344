"""run.json tells how a plan came about, in the words that every output uses."""

import json
from dataclasses import replace

import pytest

from chargeplan.publish.run_record import describe_outcome
from chargeplan.words import Outcome


@pytest.fixture(scope="module")
def record(published):
    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    return json.loads((published / "run.json").read_text(encoding="utf-8"), parse_constant=refuse)


def test_it_names_settings_inputs_versions_and_figures(record, sample):
    assert record["format_version"] == 1
    assert record["settings"]["study"] == {"name": "sample", "year": 2030, "credits": []}
    assert record["inputs"][0]["sha256"] == "0" * 64
    assert record["run"]["seed"] == 1
    assert {row["name"]: row["value"] for row in record["metrics"]}["new_sites"] == 10
    assert record["checks"] == [{"name": "cost", "passed": True, "detail": "equal"}]
    assert record["repairs"] == [{"what": "zero-length edges left out", "count": 2, "examples": "7, 9"}]
    assert record["warnings"] == list(sample.evaluation.warnings)


def test_it_counts_what_was_read_and_what_was_left_out(record, sample):
    counts = record["counts"]
    assert counts["sites_by_status"] == {"candidate": 34, "competitor": 2, "existing": 2, "required": 2}
    assert counts["sites_removed_by_reason"] == {"closer than the minimum spacing to another site": 3}
    assert counts["cells"] == len(sample.cells.cell_id)
    assert counts["road_nodes"] == 625  # 25 x 25 streets


def test_it_holds_no_clock(record, published):
    timings = json.loads((published / "timings.json").read_text(encoding="utf-8"))
    text = json.dumps(record)
    assert timings["solve_wall_s"] == 1.5
    assert [step["phase"] for step in timings["solve_steps"]] == ["start plan", "milp"]
    assert timings["solve_steps"][0]["incumbent_kwh_day"] is None  # NaN is not JSON
    for word in ("2026-01-31T12", "wall_s", "elapsed_s", "seconds"):
        assert word not in text


def test_the_outcome_is_in_the_words_of_every_output(sample):
    solution = sample.solution
    assert describe_outcome(sample)["outcome_text"] == "WITHIN 1.23 %"
    proven = replace(solution, outcome=Outcome.PROVEN_OPTIMAL, gap_asked=0.02)
    outcome = describe_outcome(replace(sample, solution=proven))
    assert (outcome["outcome"], outcome["outcome_text"]) == ("PROVEN OPTIMAL", "PROVEN OPTIMAL to 1.23 %")
    assert outcome["gap_share"] == pytest.approx(0.0123)
    assert outcome["gap_asked_share"] == 0.02
