"""Published optima of the classical instances, through the public API.

All of them are in the benchmark `published_optima`; here are those that take moments.
"""

import importlib.util

import pytest

from chargeplan.words import Outcome

pytestmark = pytest.mark.real_data

QUICK = (
    ("p-median", "pmed", 10),
    ("p-median weighted", "swain55", 10),
    ("CFLP", "cap", 9),
    ("set covering", "scp", 6),
    ("LSCP", "swain55", 6),
    ("MCLP", "SJC324", 10),
    ("MCLP", "SJC402", 11),
)


@pytest.fixture(scope="module")
def benchmark(project_folder):
    path = project_folder / "benchmarks" / "solve" / "published_optima.py"
    if not path.is_file():
        pytest.skip("the source distribution carries no benchmarks")
    specification = importlib.util.spec_from_file_location("published_optima", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("problem", "instance", "n_rows"), QUICK)
def test_every_published_optimum_is_proven(real_data_folder, benchmark, problem, instance, n_rows):
    folder = real_data_folder / "instances"
    rows = [
        row
        for row in benchmark.list_rows(folder)
        if row["instance"].startswith(instance) and row["problem"].split(" (")[0] == problem
    ]
    assert len(rows) == n_rows
    for row in rows:
        result = benchmark.make_solver(row, folder, 60.0)()
        assert result.outcome is Outcome.PROVEN_OPTIMAL, row
        assert result.objective == pytest.approx(float(row["value"]), rel=1e-6), row
        assert result.bound == pytest.approx(result.objective, rel=1e-7), row


@pytest.mark.parametrize("instance", ["pmed1", "pmed6", "pmed10"])
def test_whole_number_medians_come_out_whole(real_data_folder, benchmark, instance):
    folder = real_data_folder / "instances"
    row = next(row for row in benchmark.list_rows(folder) if row["instance"] == instance)
    result = benchmark.make_solver(row, folder, 60.0)()
    assert (result.objective, result.bound) == (float(row["value"]), float(row["value"]))
