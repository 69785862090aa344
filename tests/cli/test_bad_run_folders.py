"""What verify and why say of a run folder that is incomplete, edited, of another format, or none."""

import json
import shutil
from pathlib import Path

import pytest
from sample_bundle import build_sample_bundle
from typer.testing import CliRunner

from chargeplan.cli import app
from chargeplan.publish.run_folder import publish_run


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return publish_run(tmp_path_factory.mktemp("sound") / "sample", build_sample_bundle())


def edit(folder: Path) -> None:
    path = folder / "sites.geojson"
    path.write_text(path.read_text(encoding="utf-8").replace("Pump", "Pomp", 1), encoding="utf-8")


def lose(folder: Path) -> None:
    (folder / "plan.gpkg").unlink()


def age(folder: Path) -> None:
    path = folder / "records" / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"format_version": 1}), "utf-8")


def cut_record(folder: Path) -> None:
    path = folder / "records" / "solution.npz"
    path.write_bytes(path.read_bytes()[:100])


def unlist(folder: Path) -> None:
    """Edit a file, and take its checksum out."""
    edit(folder)
    path = folder / "records" / "manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    del manifest["published_sha256"]["sites.geojson"]
    path.write_text(json.dumps(manifest), "utf-8")


def empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


FAULTS = {
    edit: "sites.geojson",
    lose: "plan.gpkg",
    age: "format 1",
    cut_record: "solution.npz",
    unlist: "no checksum of sites.geojson",
    empty: "finished run",
}


CASES = [
    *(("why", spoil) for spoil in FAULTS),
    # What verify says of published files comes after its own check of the plan, which the sample is not made for.
    *(("verify", spoil) for spoil in (age, cut_record, empty)),
]


@pytest.mark.parametrize(("command", "spoil"), CASES)
def test_a_bad_run_folder_is_refused_with_what_to_do(tmp_path, sound, command, spoil):
    folder = Path(shutil.copytree(sound, tmp_path / "sample"))
    spoil(folder)
    done = CliRunner().invoke(app, [command, str(folder)])
    told = " ".join(done.output.split())
    assert done.exit_code != 0
    assert FAULTS[spoil] in told
    assert "run the study again" in told or "name the folder" in told or "run chargeplan" in told
    assert "Traceback" not in told
