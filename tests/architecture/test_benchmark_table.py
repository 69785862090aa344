"""The table of benchmarks/README.md is the one that the stored results give."""

import importlib.util

import pytest


def test_table_is_made_from_stored_results(project_folder):
    folder = project_folder / "benchmarks"
    if not folder.is_dir():
        pytest.skip("the source distribution carries no benchmarks")
    specification = importlib.util.spec_from_file_location("benchmark_table", folder / "table.py")
    table = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(table)
    text = (folder / "README.md").read_text(encoding="utf-8")
    _, begin, rest = text.partition(f"{table.BEGIN}\n")
    written, end, _ = rest.partition(f"\n{table.END}")
    assert begin
    assert end
    assert written == table.make_table(folder / "results")
