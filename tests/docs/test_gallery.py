"""The gallery: every picture is there, is shown, is small, and can be taken again."""

import re

import pytest

from benchmarks import gallery

PNG_START = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def pages(project_folder):
    found = [project_folder / "README.md", *sorted((project_folder / "docs").rglob("*.md"))]
    return {path: path.read_text(encoding="utf-8") for path in found}


def list_shown(pages):
    """Pictures that pages show, as files."""
    return {
        (path.parent / name).resolve()
        for path, text in pages.items()
        for name in re.findall(r"!\[[^\]]*\]\(([^)]+\.png)\)", text)
    }


def test_every_picture_of_the_pages_is_there_and_none_lies_unused(pages, project_folder):
    images = {path.resolve() for path in (project_folder / "docs" / "images").iterdir()}
    assert list_shown(pages) == images


def test_every_picture_but_those_of_other_programs_can_be_taken_again(project_folder):
    names = {path.stem for path in (project_folder / "docs" / "images").iterdir()}
    assert {picture.name for picture in gallery.PICTURES} | set(gallery.BY_HAND) == names


def test_every_picture_is_a_small_png_with_words_for_who_cannot_see_it(pages, project_folder):
    for path in (project_folder / "docs" / "images").iterdir():
        content = path.read_bytes()
        assert content.startswith(PNG_START), path.name
        assert len(content) <= gallery.LARGEST_BYTES, path.name
    for path, text in pages.items():
        assert not re.search(r"!\[\s*\]\(", text), path.name


def test_pictures_of_real_cities_stand_beside_who_the_data_are_from(pages, project_folder):
    for name in ("README.md", "docs/gallery.md"):
        assert "OpenStreetMap contributors" in pages[project_folder / name]


def test_whatever_is_missing_is_named_with_its_command_and_nothing_is_taken(tmp_path, capsys):
    (tmp_path / "karachi").mkdir()
    (tmp_path / "karachi" / "run.json").write_text("{}")
    assert gallery.main(["--runs", str(tmp_path)]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "no picture was taken" in told.err
    assert f"{tmp_path}/islamabad: chargeplan run configs/islamabad.yaml" in told.err
    assert f"{tmp_path}/islamabad-small: " in told.err
    assert "karachi:" not in told.err


def test_a_run_is_found_as_a_study_writes_it(tmp_path):
    inner = tmp_path / "islamabad-small" / "islamabad"
    inner.mkdir(parents=True)
    assert gallery.find_run(tmp_path, "islamabad-small") == tmp_path / "islamabad-small"
    (inner / "run.json").write_text("{}")
    assert gallery.find_run(tmp_path, "islamabad-small") == inner


def test_pictures_of_the_embedded_city_need_no_run_of_ours():
    demo = [picture.name for picture in gallery.PICTURES if picture.is_demo]
    assert {"demo-map", "demo-dark", "demo-phone", "demo-print", "demo-report", "demo-compare"} <= set(demo)
    assert all(name.startswith("demo-") for name in demo)
