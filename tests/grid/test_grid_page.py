"""The page for planners says what the reader does."""

import re

import numpy as np
import pytest

from chargeplan.grid.figures import find_unknown_headroom_figure, read_usual_max_steps
from chargeplan.grid.read import _KNOWN_COLUMNS, read_grid_file


@pytest.fixture(scope="module")
def page(project_folder):
    return (project_folder / "docs" / "how-to" / "grid-headroom.md").read_text(encoding="utf-8")


def test_the_table_of_the_page_can_be_read(page, tmp_path):
    path = tmp_path / "grid.csv"
    path.write_text(re.search(r"```csv\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8")
    table = read_grid_file(path, "grid.path").table
    assert table["asset_id"].tolist() == ["F-7/1", "F-7/2", "G9", "G9-T1"]
    assert table["parent_pos"].tolist() == [3, 3, -1, 2]
    np.testing.assert_array_equal(table["headroom_kw"], [300.0, np.nan, 5000.0, 2500.0])


def test_the_page_names_every_column_and_the_assumed_figures(page):
    assert all(f"`{name}`" in page for name in _KNOWN_COLUMNS)
    assert f"{find_unknown_headroom_figure(None).value:,.0f} PKR per kW" in page
    assert f"without it {read_usual_max_steps()} (assumption" in page
