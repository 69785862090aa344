"""The energy by period of the day adds up to that of the cells, read back from the files."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def cells(sample):
    return sample.cells


@pytest.fixture(scope="module")
def by_class(published):
    return pd.read_csv(published / "demand_periods.csv")


@pytest.fixture(scope="module")
def by_cell(published):
    return pd.read_csv(published / "demand_periods_by_cell.csv")


def test_each_class_and_use_adds_up_to_its_cells(by_class, cells):
    assert by_class.columns.tolist() == ["class", "use", *cells.periods]
    assert len(by_class) == len(cells.classes) * len(cells.uses)
    for row in by_class.itertuples(index=False):
        at = cells.classes.index(row[0]), cells.uses.index(row[1])
        expected = cells.kwh_day_by_use[:, at[0], at[1]].sum()
        assert sum(row[2:]) == pytest.approx(expected, rel=1e-9)


def test_each_period_of_each_class_is_the_sum_of_the_cells(by_class, by_cell, cells):
    periods = list(cells.periods)
    names = list(cells.classes)
    public = by_class[by_class["use"] != "depot"].groupby("class")[periods].sum().loc[names]
    summed = by_cell[by_cell["charged"] == "public"].groupby("class")[periods].sum().loc[names]
    assert summed.to_numpy() == pytest.approx(public.to_numpy(), rel=1e-9)
    assert public.to_numpy() == pytest.approx(cells.kwh_day_by_period.sum(axis=0), rel=1e-9)
    depots = by_cell.loc[by_cell["charged"] == "depots", periods].to_numpy().sum()
    assert depots == pytest.approx(cells.depot_kwh_day.sum(), rel=1e-9, abs=1e-9)


def test_each_cell_adds_up_to_what_stations_can_serve_there(by_cell, cells):
    public = by_cell[by_cell["charged"] == "public"].set_index("cell_id")[list(cells.periods)].sum(axis=1)
    summed = public.groupby(level=0).sum().reindex(cells.cell_id, fill_value=0.0)
    assert summed.to_numpy() == pytest.approx(cells.total_kwh_day, rel=1e-9)
    assert not by_cell.duplicated(["cell_id", "class", "charged"]).any()


def test_energy_of_depots_stands_in_rows_of_its_own(paint_depots):
    cells, table = paint_depots
    depots = table[table["charged"] == "depots"]
    assert depots[list(cells.periods)].to_numpy().sum() == pytest.approx(cells.depot_kwh_day.sum(), rel=1e-9)
    assert set(depots["cell_id"]) == set(cells.cell_id[cells.depot_kwh_day.any(axis=1)].tolist())


@pytest.fixture
def paint_depots(sample):
    """The sample with a fixed load of 7 and 5 kWh/day in its first two cells."""
    from dataclasses import replace

    from chargeplan.publish.demand_periods import tabulate_by_cell

    cells = sample.cells
    n_cells, n_classes, _ = cells.kwh_day_by_use.shape
    depots = np.zeros((n_cells, n_classes, 1))
    depots[:2, 0, 0] = 7.0, 5.0
    share = np.full((n_classes, 1, len(cells.periods)), 1 / len(cells.periods))
    with_depots = replace(
        cells,
        uses=(*(use for use in cells.uses if use != "depot"), "depot"),
        kwh_day_by_use=np.concatenate(
            [cells.kwh_day_by_use[:, :, [use != "depot" for use in cells.uses]], depots], axis=2
        ),
        period_share=np.concatenate(
            [cells.period_share[:, [use != "depot" for use in cells.uses]], share], axis=1
        ),
        depot_kwh_day_in=12.0,
    )
    return with_depots, tabulate_by_cell(with_depots)
