"""Tables for spreadsheets: no cell is a formula, and nothing else is changed."""

import csv
import io

import numpy as np
import pandas as pd
import pytest

from chargeplan.csv_tables import write_csv_table

FORMULAS = ['=HYPERLINK("http://example.org")', "+92 51", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1"]


def read_back(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("kind", ["object", "str", "category"])
def test_texts_and_headings_that_a_spreadsheet_would_run_begin_with_an_apostrophe(kind):
    table = pd.DataFrame({"=name": pd.Series(FORMULAS, dtype=kind)})
    header, *rows = read_back(write_csv_table(table))
    assert header == ["'=name"]
    assert [row[0] for row in rows] == [f"'{text}".replace("\r", " ") for text in FORMULAS]


def test_a_carriage_return_begins_no_row():
    assert write_csv_table(pd.DataFrame({"name": ["Fuel\r=1+1"], "kwh": [1]})) == "name,kwh\nFuel =1+1,1\n"


def test_all_else_is_what_pandas_writes():
    table = pd.DataFrame(
        {
            "kwh": [-1.5, np.nan, 1e-17],
            "count": [-1, 0, 10**17],
            "is_new": [True, False, True],
            "mixed": pd.Series([-1, None, 2.5], dtype=object),
            "name": ["Fuel station", "", 'said "no", twice'],
            "maybe": pd.Series([1, None, -3], dtype="Int64"),
        },
        index=[5, 5, 7],
    )
    for float_format in (None, "%.12g"):
        expected = table.to_csv(index=False, lineterminator="\n", float_format=float_format)
        assert write_csv_table(table, float_format=float_format) == expected


def test_the_table_itself_stays_as_it_was():
    table = pd.DataFrame({"name": ["=1"]})
    write_csv_table(table)
    assert table["name"].tolist() == ["=1"]


def test_two_columns_of_the_same_name_are_both_kept():
    table = pd.DataFrame([["=1", "=2"]], columns=["a", "a"])
    assert read_back(write_csv_table(table)) == [["a", "a"], ["'=1", "'=2"]]
