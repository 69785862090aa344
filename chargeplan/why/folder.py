"""The folder of the answers, beside that of the run, whose own files stay as they are."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from chargeplan import __version__
from chargeplan.errors import ChargeplanError, DataError
from chargeplan.files import replace_folder, write_text
from chargeplan.publish.finished_run import find_run_folder
from chargeplan.publish.geojson_check import find_geojson_faults
from chargeplan.publish.run_folder import refuse_foreign_folder
from chargeplan.text import clean_text, show_name, to_json
from chargeplan.why.table import count_kept, list_rows, write_csv

if TYPE_CHECKING:
    from pathlib import Path

    from chargeplan.why.answers import Alternatives
    from chargeplan.why.case import RunAnswers, RunCase

CSV_NAME, GEOJSON_NAME, JSON_NAME = "why.csv", "alternatives.geojson", "why.json"
WHY_FOLDER_NAMES = (CSV_NAME, GEOJSON_NAME, JSON_NAME)
_COORDINATE_DECIMALS = 7
_DECIMALS = 6


def name_folder(run_folder: Path) -> Path:
    """Name the folder of the answers about a run, such as maps/demo-why."""
    run = find_run_folder(run_folder)
    return run.with_name(f"{run.name}-why")


def refuse_foreign_why(folder: Path) -> None:
    """Refuse to replace a folder that this command has not made.

    Raises
    ------
    ChargeplanError
    """
    refuse_foreign_folder(folder, names=WHY_FOLDER_NAMES, needed=JSON_NAME, maker="chargeplan why")


def publish_answers(folder: Path, answers: RunAnswers) -> Path:
    """Write the answers; an older folder in its place is kept until the new one is complete.

    Raises
    ------
    ChargeplanError
        When the folder cannot be written, holds something else, or a file does not read back.
    """
    refuse_foreign_why(folder)
    try:
        with replace_folder(folder.resolve()) as fresh:
            write_text(fresh / CSV_NAME, write_csv(answers))
            if answers.alternatives is not None:
                text = to_json(build_geojson(answers.case, answers.alternatives), indent=1) + "\n"
                write_text(fresh / GEOJSON_NAME, text)
            write_text(fresh / JSON_NAME, to_json(describe_answers(answers)) + "\n")
            _check_files(fresh, answers)
    except OSError as error:
        msg = f"{folder} cannot be written ({error}); free disk space, or allow writing beside the run"
        raise ChargeplanError(msg) from error
    return folder


def describe_answers(answers: RunAnswers) -> dict[str, Any]:
    """Describe the questions and what the answers rest on, for why.json."""
    questions, case = answers.questions, answers.case
    return {
        "chargeplan": __version__,
        "study": case.area.name,
        "plan": {
            "objective_kwh_day": round(case.solution.objective_kwh_day, _DECIMALS),
            "bound_kwh_day": round(case.solution.bound_kwh_day, _DECIMALS),
            "outcome": case.solution.outcome_text,
            "objective_unit": case.unit,
            "served_kwh_day": round(case.served_kwh_day, _DECIMALS),
        },
        "questions": {
            "sites": list(questions.sites),
            "closed": questions.closed,
            "alternatives": questions.alternatives,
            "within_share": questions.within_share,
            "n_differ": questions.n_differ,
            "limit_s": questions.limit_s,
        },
        "was_stopped": answers.was_stopped,
        "sites": list_rows(answers),
        "alternatives": None
        if answers.alternatives is None
        else _describe_alternatives(case, answers.alternatives),
    }


def build_geojson(case: RunCase, found: Alternatives) -> dict[str, Any]:
    """Build a point for each new station of the plan or of an alternative."""
    problem, table = case.problem, case.sites.table
    existing = problem.is_forced_open & ~problem.is_counted
    in_plan = (case.solution.chargers > 0) & ~existing
    used = in_plan.copy()
    for each in found.plans:
        used |= each.is_open
    features = []
    for site in used.nonzero()[0].tolist():
        row = table.iloc[site]
        chargers = [int(each.solution.chargers[site]) if each.is_open[site] else 0 for each in found.plans]
        point = [round(float(row[name]), _COORDINATE_DECIMALS) for name in ("lon", "lat")]
        features.append(
            {
                "type": "Feature",
                "id": str(row["site_id"]),
                "geometry": {"type": "Point", "coordinates": point},
                "properties": {
                    "name": clean_text(show_name(row.to_dict(), str(row["site_id"]))),
                    "in_plan": bool(in_plan[site]),
                    "in_alternatives": [at + 1 for at, number in enumerate(chargers) if number > 0],
                    "kept_in": f"{sum(number > 0 for number in chargers)} of {len(chargers)}",
                    "chargers": int(case.solution.chargers[site]) if in_plan[site] else 0,
                    "chargers_in_alternatives": chargers,
                },
            }
        )
    collection: dict[str, Any] = {
        "type": "FeatureCollection",
        "features": features,
        "chargeplan": _describe_alternatives(case, found),
    }
    if features:
        points: list[list[float]] = [feature["geometry"]["coordinates"] for feature in features]  # type: ignore[index]
        west, south = (min(point[axis] for point in points) for axis in (0, 1))
        east, north = (max(point[axis] for point in points) for axis in (0, 1))
        collection["bbox"] = [west, south, east, north]
    return collection


def _describe_alternatives(case: RunCase, found: Alternatives) -> dict[str, Any]:
    ids = case.sites.table["site_id"].tolist()
    kept = count_kept(case, found)
    return {
        "wanted": found.wanted,
        "within_share": found.within_share,
        "n_differ": found.n_differ,
        "ended": found.ended,
        "kept_in_all": [ids[site] for site, times in kept.items() if times == len(found.plans) > 0],
        "plans": [
            {
                "objective_kwh_day": round(each.solution.objective_kwh_day, _DECIMALS),
                "bound_kwh_day": round(each.solution.bound_kwh_day, _DECIMALS),
                "n_different": each.n_different,
                "sites": [ids[site] for site in each.is_open.nonzero()[0].tolist()],
                "metrics": {}
                if each.evaluation is None
                else {
                    str(row["name"]): round(float(row["value"]), _DECIMALS)
                    for row in each.evaluation.metrics.to_dict("records")
                },
            }
            for each in found.plans
        ],
    }


def _check_files(folder: Path, answers: RunAnswers) -> None:
    """Read everything back; raise when a file is not what was meant."""
    faults = []
    with (folder / CSV_NAME).open(encoding="utf-8", newline="") as file:
        n_rows = sum(1 for _ in csv.DictReader(file))
    if n_rows != len(list_rows(answers)):
        faults.append(f"{CSV_NAME}: {n_rows} rows, expected {len(list_rows(answers))}")
    if answers.alternatives is not None:
        text = (folder / GEOJSON_NAME).read_text(encoding="utf-8")
        faults += [f"{GEOJSON_NAME}: {fault}" for fault in find_geojson_faults(text)]
    if faults:
        raise DataError(faults)
