"""Published optima of the São José dos Campos instances, through the public API."""

import csv

import numpy as np
import pytest

from chargeplan import solve_mclp
from chargeplan.words import Outcome

pytestmark = pytest.mark.real_data


def read_rows(folder, name):
    with (folder / "instances" / "optima.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["instance"] == name and row["problem"] == "MCLP"]
    assert rows, f"no rows for {name}"
    return [
        (dict(part.split("=") for part in row["params"].split(";") if "=" in part), float(row["value"]))
        for row in rows
    ]


def read_instance(folder, name):
    base = folder / "instances" / "sjc" / name.lower()
    xy = np.loadtxt(f"{base}_data.txt", skiprows=1)
    demand = np.loadtxt(f"{base}_demand.txt").ravel()
    return demand, np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))


@pytest.mark.parametrize("name", ["SJC324", "SJC402"])
def test_every_published_optimum_is_proven(real_data_folder, name):
    demand, distance = read_instance(real_data_folder, name)
    for parameters, optimum in read_rows(real_data_folder, name):
        radius = float(parameters["S"].split()[0])
        result = solve_mclp(demand, distance, radius=radius, p=int(parameters["p"]))
        assert result.outcome is Outcome.PROVEN_OPTIMAL, parameters
        assert result.objective == pytest.approx(optimum, abs=1e-6), parameters
        assert result.bound == pytest.approx(optimum, abs=1e-3), parameters
