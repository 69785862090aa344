"""The folder of a comparison: written beside the old one, read back, then put in its place."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from typing import TYPE_CHECKING, Any

from chargeplan import __version__
from chargeplan.compare.figures import list_figures
from chargeplan.compare.page import build_page
from chargeplan.compare.proof import judge_difference
from chargeplan.compare.read_runs import label_runs
from chargeplan.compare.stations import count_changes
from chargeplan.compare.table_files import write_figures_csv, write_sites_csv
from chargeplan.compare.words import list_proof_notes
from chargeplan.errors import ChargeplanError, ConfigError, DataError
from chargeplan.files import replace_folder, write_text
from chargeplan.publish.run_folder import refuse_foreign_folder
from chargeplan.publish.run_record import describe_outcome, make_finite
from chargeplan.text import clean_text, to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chargeplan.compare.records import Comparison

FORMAT_VERSION = 1
PAGE_NAME, FIGURES_NAME, SITES_NAME, JSON_NAME = "index.html", "compare.csv", "sites.csv", "compare.json"
# Of a folder's name: what is kept as it is, and how long the parts and the whole may be.
_NOT_PLAIN = re.compile(r"[^\w.-]+")
_LONGEST_LABEL, _LONGEST_NAME, _SUM_LETTERS = 24, 60, 8
COMPARE_FOLDER_NAMES = (PAGE_NAME, FIGURES_NAME, SITES_NAME, JSON_NAME)


def name_folder(runs: Sequence[Path]) -> Path:
    """Name the folder of a comparison unless one is given: beside the first run, after what tells the runs apart.

    A name that is shortened or made plain ends in letters that are others for other runs.

    Examples
    --------
    >>> from pathlib import Path
    >>> name_folder([Path("/x/demo"), Path("/x/staged")]).name
    'demo-vs-staged'
    >>> name_folder([Path("/small/demo"), Path("/large/demo")]).name
    'demo-small-vs-large'
    """
    labels, study = label_runs(runs), runs[0].name
    plain = [_NOT_PLAIN.sub("-", label)[:_LONGEST_LABEL].strip("-.") for label in labels]
    name = "-vs-".join(plain)
    if plain != labels or len(name) > _LONGEST_NAME:
        total = hashlib.sha256("\n".join(labels).encode("utf-8", "surrogateescape")).hexdigest()
        name = f"{name[:_LONGEST_NAME]}-{total[:_SUM_LETTERS]}"
    is_same_study = all(run.name == study for run in runs)
    return runs[0].with_name(f"{study[:_LONGEST_LABEL]}-{name}" if is_same_study else name)


def check_out(folder: Path, runs: Sequence[Path]) -> None:
    """Refuse a folder that no comparison has made, or one inside a run.

    Raises
    ------
    ConfigError
    ChargeplanError
    """
    whole = folder.resolve()
    for run in runs:
        if whole == run or run in whole.parents:
            raise ConfigError(
                f"--out {folder}: lies in the run {run.name}, which keeps its own files alone; name another folder"
            )
    refuse_foreign_folder(
        folder, names=COMPARE_FOLDER_NAMES, needed=JSON_NAME, maker="a comparison", key="--out"
    )


def publish_comparison(folder: Path, comparison: Comparison) -> Path:
    """Write the folder of a comparison; an older one in its place is kept until the new one is complete.

    Every file is the same bytes for the same runs.

    Raises
    ------
    ChargeplanError
        When the folder cannot be written, or a file does not read back.
    """
    try:
        with replace_folder(folder.resolve()) as fresh:
            write_text(fresh / PAGE_NAME, build_page(comparison))
            write_text(fresh / FIGURES_NAME, write_figures_csv(comparison))
            write_text(fresh / SITES_NAME, write_sites_csv(comparison))
            write_text(fresh / JSON_NAME, to_json(describe_comparison(comparison)) + "\n")
            _check_files(fresh, comparison)
    except OSError as error:
        msg = f"--out: {folder} cannot be written ({error}); free disk space, or name a folder that you may write to"
        raise ChargeplanError(msg) from error
    return folder


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """Describe the comparison as plain data, for compare.json."""
    pairs = range(1, len(comparison.runs))
    return {
        "format_version": FORMAT_VERSION,
        "chargeplan": __version__,
        "title": clean_text(comparison.base.bundle.area.title),
        "is_schematic": comparison.base.bundle.area.is_schematic,
        "year": comparison.base.bundle.year,
        "runs": [
            {
                "letter": run.letter,
                "label": run.label,
                "config_sha256": run.bundle.config_sha256,
                **describe_outcome(run.bundle),
            }
            for run in comparison.runs
        ],
        "settings": {change.key: list(change.shown) for change in comparison.changes},
        "caveats": [
            {
                "keys": list(caveat.keys),
                "figures": sorted(caveat.metrics),
                "is_barred": caveat.is_barred,
                "text": caveat.text,
            }
            for caveat in comparison.caveats
        ],
        "figures": {
            row.name: {
                "unit": row.unit,
                "values": [make_finite(value) for value in row.values],
                "differences": [make_finite(difference.value) for difference in row.differences],
            }
            for row in list_figures(comparison)
        },
        "stations": [
            {change.value: count for change, count in count_changes(comparison.stations, 0, pos).items()}
            for pos in pairs
        ],
        "proofs": [
            {
                "verdict": judged.verdict.value,
                "text": judged.text,
                "may_be_due_to_the_gap": sorted(judged.unproven),
            }
            for judged in (judge_difference(comparison, 0, pos) for pos in pairs)
        ],
        "proof_notes": list_proof_notes(comparison),
    }


def _check_files(folder: Path, comparison: Comparison) -> None:
    """Read everything back; raise when a file is not what was meant."""
    faults = []
    if not (folder / PAGE_NAME).read_text(encoding="utf-8").rstrip().endswith("</html>"):
        faults.append(f"{PAGE_NAME}: the page is not complete")
    for name, expected in (
        (FIGURES_NAME, len(list_figures(comparison))),
        (SITES_NAME, len(comparison.stations)),
    ):
        rows = list(csv.DictReader(io.StringIO((folder / name).read_text(encoding="utf-8"))))
        if len(rows) != expected:
            faults.append(f"{name}: {len(rows)} rows, expected {expected}")
    try:
        json.loads((folder / JSON_NAME).read_text(encoding="utf-8"))
    except ValueError as error:
        faults.append(f"{JSON_NAME}: not JSON ({error})")
    if faults:
        raise DataError(faults)
