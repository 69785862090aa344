"""Where exports go: never into a run, never over somebody's own file, never half-finished."""

import json
import shutil
from dataclasses import replace

import pytest

from chargeplan.errors import ChargeplanError, ConfigError, DataError
from chargeplan.export.folder import write_exports
from chargeplan.export.options import ExportFormat, ExportLayer, ExportOptions
from chargeplan.export.output_file import OutputFile, find_shifted
from chargeplan.export.own_folders import refuse_own_folder
from chargeplan.export.run import export_run, is_file_name

CSV = ExportOptions(formats=(ExportFormat.CSV,), layers=(ExportLayer.ZONES,))
KML = ExportOptions(formats=(ExportFormat.KML,))


def read_tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def own_run(tmp_path, run_folder):
    """A copy of the run that a test may spoil."""
    return shutil.copytree(run_folder, tmp_path / "maps" / "sample")


def test_exports_lie_beside_the_run_which_stays_as_it_was(own_run):
    before = read_tree(own_run)
    _, written = export_run(own_run, CSV)
    assert written.folder == own_run.parent / "sample-export"
    assert read_tree(own_run) == before
    assert sorted(path.name for path in written.folder.iterdir()) == [
        "README.txt",
        "export.json",
        "sample-zones.csv",
    ]


def test_later_formats_join_the_earlier_ones(own_run):
    export_run(own_run, CSV)
    folder = export_run(own_run, KML)[1].folder
    readme = (folder / "README.txt").read_text(encoding="utf-8")
    assert "sample-zones.csv" in readme
    assert "sample.kml" in readme
    assert export_run(own_run, CSV)[1].kept == ()  # again, over our own files


def read_sections(folder):
    """Split README.txt at its empty lines: lines of a section, joined, by its heading."""
    text = (folder / "README.txt").read_text(encoding="utf-8")
    parts = [part.split("\n", 1) for part in text.strip().split("\n\n")]
    return {part[0]: " ".join(part[1].split()) for part in parts[1:]}


def test_what_is_told_of_a_file_stays_that_of_its_own_export(own_run):
    ocpi = ExportOptions(formats=(ExportFormat.OCPI,), plugs={"all": "GBT_DC"}, party_id="ABC")
    folder = export_run(own_run, ocpi)[1].folder
    export_run(own_run, ExportOptions(formats=(ExportFormat.OCM,), plugs={"all": "CHADEMO"}))
    export_run(own_run, KML)
    sections = read_sections(folder)
    plugs = "Plugs (a plan decides power, not plugs): sample-"
    assert "GBT_DC" in sections[f"{plugs}ocpi-locations.json"]
    assert "CHADEMO" in sections[f"{plugs}ocm-planned.json"]
    assert "party_id ABC" in sections["OCPI: sample-ocpi-locations.json"]
    export_run(own_run, replace(ocpi, plugs={"all": "CHADEMO"}, party_id="XYZ"))
    sections = read_sections(folder)
    assert "CHADEMO" in sections[f"{plugs}ocm-planned.json, sample-ocpi-locations.json"]
    assert "party_id XYZ" in sections["OCPI: sample-ocpi-locations.json"]
    assert "ABC" not in (folder / "README.txt").read_text(encoding="utf-8")


def test_readme_names_the_files_of_an_older_state_of_the_run(own_run):
    folder = export_run(own_run, CSV)[1].folder
    heading = "Files of an earlier state of the run, or of another run"
    assert heading not in read_sections(folder)
    manifest = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    manifest["files"]["sample-zones.csv"]["run_sha256"] = "0" * 64
    (folder / "export.json").write_text(json.dumps(manifest), encoding="utf-8")
    export_run(own_run, KML)
    assert read_sections(folder)[heading].endswith("export them again: sample-zones.csv")


def test_files_of_an_older_state_of_the_run_are_named(own_run, tmp_path):
    folder = export_run(own_run, CSV)[1].folder
    manifest = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    manifest["files"]["sample-zones.csv"]["run_sha256"] = "0" * 64
    (folder / "export.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert export_run(own_run, KML)[1].kept == ("sample-zones.csv",)


@pytest.mark.parametrize("inside", [".", "records", "mine", "mine/deeper"])
def test_nothing_goes_into_a_run_folder(inside, own_run):
    before = read_tree(own_run)
    with pytest.raises(ChargeplanError, match="lies in the folder of"):
        export_run(own_run, CSV, out=own_run / inside)
    with pytest.raises(ChargeplanError, match="lies in the folder of"):
        export_run(own_run, KML, out=own_run / inside / "plan.kml")
    assert read_tree(own_run) == before


# What the commands write, cut to what tells it from somebody else's file; whole folders are tried with each command.
OWN_CONTENTS = {
    "curve.json": {"format_version": 1, "vary": {}, "points": [], "knee": {}},
    "why.json": {"chargeplan": "0.1", "plan": {}, "questions": {}},
    "compare.json": {"format_version": 1, "chargeplan": "0.1", "runs": [], "figures": {}},
    "manifest.json": {"format_version": 5, "sha256": {}, "published_sha256": {}},
    "run.json": {"format_version": 1, "config_sha256": "", "settings": {}},
}


@pytest.mark.parametrize("inside", [".", "deeper"])
@pytest.mark.parametrize("name", list(OWN_CONTENTS))
def test_nothing_goes_into_the_folder_of_another_command(name, inside, own_run, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / name).write_text(json.dumps(OWN_CONTENTS[name]), encoding="utf-8")
    with pytest.raises(ChargeplanError, match="must stay as it is"):
        export_run(own_run, CSV, out=tmp_path / "other" / inside)


@pytest.mark.parametrize("content", ['{"name": "my page", "sha256": {}}', "[1]", "not json", "", "\x00"])
@pytest.mark.parametrize("name", list(OWN_CONTENTS))
def test_a_file_of_the_same_name_by_somebody_else_bars_no_folder(name, content, own_run, tmp_path):
    (tmp_path / name).write_text(content, encoding="utf-8")
    folder = export_run(own_run, CSV, out=tmp_path / "desk")[1].folder
    assert (folder / "sample-zones.csv").is_file()


def test_a_run_with_a_damaged_run_json_is_still_a_run(own_run):
    (own_run / "run.json").write_text("", encoding="utf-8")
    with pytest.raises(ChargeplanError, match="lies in the folder of a run"):
        refuse_own_folder(own_run)


def test_a_study_may_be_called_records(own_run):
    run = own_run.rename(own_run.with_name("records"))
    folder = export_run(run, CSV)[1].folder
    assert folder == run.with_name("records-export")
    assert export_run(run / "records", CSV)[1].folder == folder


def test_somebody_s_file_is_not_replaced_unless_asked(own_run, tmp_path):
    out = tmp_path / "desk"
    out.mkdir()
    (out / "sample-zones.csv").write_text("mine", encoding="utf-8")
    (out / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ChargeplanError, match=r"no export has made sample-zones\.csv.*--overwrite"):
        export_run(own_run, CSV, out=out)
    assert (out / "sample-zones.csv").read_text(encoding="utf-8") == "mine"
    export_run(own_run, CSV, out=out, overwrite=True)
    assert (out / "sample-zones.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert (out / "letter.txt").read_text(encoding="utf-8") == "mine"


def test_an_export_that_was_changed_by_hand_is_not_replaced(own_run):
    folder = export_run(own_run, CSV)[1].folder
    path = folder / "sample-zones.csv"
    path.write_bytes(path.read_bytes() + b"my note\r\n")
    with pytest.raises(ChargeplanError, match=r"sample-zones\.csv changed since the export"):
        export_run(own_run, CSV)
    assert path.read_bytes().endswith(b"my note\r\n")


def test_a_manifest_of_something_else_is_refused(own_run, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "export.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ChargeplanError, match="not of this version of chargeplan export, or damaged"):
        export_run(own_run, CSV, out=tmp_path / "out")


def test_one_file_goes_where_the_user_says(own_run, tmp_path):
    out = tmp_path / "deep" / "stations.csv"
    options = replace(CSV, layers=(ExportLayer.STATIONS, ExportLayer.ZONES))
    export_run(own_run, options, out=out)
    assert out.read_text(encoding="utf-8-sig").startswith("rank,site_id,title")
    assert [path.name for path in out.parent.iterdir()] == ["stations.csv"]
    with pytest.raises(ChargeplanError, match="is there already"):
        export_run(own_run, options, out=out)
    export_run(own_run, options, out=out, overwrite=True)


@pytest.mark.parametrize(
    ("out", "options", "words"),
    [
        ("plan.kml", replace(CSV, formats=(ExportFormat.CSV, ExportFormat.KML)), "one file for 2 formats"),
        ("plan.xlsx", CSV, "the file of csv ends in .csv"),
        ("plan.csv", replace(CSV, layers=(ExportLayer.ZONES, ExportLayer.CELLS)), "one file for 2 layers"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(out, options, words, tmp_path):
    with pytest.raises(ConfigError, match=words):
        is_file_name(tmp_path / out, options)


def test_nothing_is_replaced_when_one_file_does_not_read_back(plan, tmp_path):
    out = tmp_path / "out"
    good = OutputFile(
        "a.csv", ExportFormat.CSV, "a", lambda path: path.write_text("new") and None, lambda _: []
    )
    write_exports(out, plan, [good], run_sha256="1", overwrite=False)
    before = read_tree(out)
    newer = replace(good, write=lambda path: path.write_text("newer") and None)
    bad = replace(good, name="b.csv", check=lambda _: ["two rows are missing"])
    with pytest.raises(DataError, match=r"b\.csv: two rows are missing"):
        write_exports(out, plan, [newer, bad], run_sha256="1", overwrite=False)
    assert read_tree(out) == before


def test_an_export_that_was_killed_between_two_files_can_be_made_again(plan, tmp_path, monkeypatch):
    out = tmp_path / "out"
    files = [
        OutputFile(name, ExportFormat.CSV, "a", lambda path: path.write_text("old") and None, lambda _: [])
        for name in ("a.csv", "b.csv")
    ]
    newer = [replace(file, write=lambda path: path.write_text("new") and None) for file in files]
    write_exports(out, plan, files, run_sha256="1", overwrite=False)
    replaced = []

    def stop_after_one(source, target):
        if replaced:
            raise KeyboardInterrupt
        replaced.append(target)
        shutil.move(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("chargeplan.export.folder.os.replace", stop_after_one_of(stop_after_one))
        with pytest.raises(KeyboardInterrupt):
            write_exports(out, plan, newer, run_sha256="2", overwrite=False)
    assert sorted(path.read_text() for path in out.glob("*.csv")) == ["new", "old"]
    write_exports(out, plan, newer, run_sha256="2", overwrite=False)
    assert {path.read_text() for path in out.glob("*.csv")} == {"new"}
    assert not [path for path in out.iterdir() if path.name.startswith(".export.")]


def stop_after_one_of(stop):
    """Let the manifest through, which is written by the same call."""
    import os

    real = os.replace
    return lambda source, target: (
        stop(source, target) if str(target).endswith(".csv") else real(source, target)
    )


def spoil_nothing_there(run):
    shutil.rmtree(run)


def spoil_records(run):
    shutil.rmtree(run / "records")


def spoil_figure(run):
    path = run / "sites.geojson"
    path.write_text(path.read_text(encoding="utf-8").replace('"rank": 1', '"rank": 2', 1), encoding="utf-8")


def spoil_missing_file(run):
    (run / "plan.gpkg").unlink()


def spoil_version(run):
    path = run / "records" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {"format_version": 1}), encoding="utf-8")


def spoil_to_sweep(run):
    shutil.rmtree(run)
    run.mkdir()
    curve = {"vary": {"key": "model.budget_pkr", "values": ["10e6"]}}
    (run / "curve.json").write_text(json.dumps(curve), encoding="utf-8")


def spoil_to_why(run):
    shutil.rmtree(run)
    run.mkdir()
    (run / "why.json").write_text("{}", encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_nothing_there, "name the folder of a finished run"),
        (spoil_records, "run the study again"),
        (spoil_figure, r"sites\.geojson: changed since the run"),
        (spoil_missing_file, r"plan\.gpkg: missing; run the study again"),
        (spoil_version, "written in format 1"),
        (spoil_to_sweep, "folder of a sweep"),
        (spoil_to_why, "answers of chargeplan why; name the folder of the run itself"),
    ],
)
def test_a_folder_that_is_no_whole_run_is_refused_with_what_to_do(spoil, words, own_run):
    spoil(own_run)
    with pytest.raises(DataError, match=words):
        export_run(own_run, CSV)
    assert not (own_run.parent / "sample-export").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"country_code": "pk"}, "--country-code"),
        ({"party_id": "ABCD"}, "--party-id"),
        ({"city": "c" * 46}, "--city: 46 characters"),
        ({"last_updated": "2026-02-31T00:00:00Z"}, "--last-updated"),
        ({"last_updated": "today"}, "--last-updated"),
        ({"formats": ()}, "--format"),
        ({"layers": ()}, "--layer"),
    ],
)
def test_options_that_cannot_be_are_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        ExportOptions(**changes)


def test_points_that_moved_more_than_a_centimetre_are_found():
    assert find_shifted([73.0], [33.0], [73.0 + 1e-7], [33.0]) == []
    assert find_shifted([73.0, 73.0], [33.0, 33.0], [73.0, 73.0], [33.0, 33.0 + 2e-7]) == [
        "1 points lie elsewhere, the first in row 1"
    ]
    assert find_shifted([float("nan")], [33.0], [73.0], [33.0])
    assert find_shifted([73.0], [33.0], [], []) == ["1 points, expected 0"]
