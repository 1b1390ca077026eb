"""Tables of rows that follow one pattern: `tests/data/*.tsv`, a row id in each cell."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.support.requirements import requirement

_DATA = Path(__file__).parents[1] / "data"


def cases(table: str, line: str) -> list[Any]:
    """
    The columns of one line as cases of a test, each marked with the row it shows; an empty cell is no case.

    Args:
        line: what stands in the first column.
    """
    with (_DATA / table).open(encoding="utf-8", newline="") as file:
        found = {row.pop(next(iter(row))): row for row in csv.DictReader(file, delimiter="\t")}
    return [
        pytest.param(column, marks=requirement(row), id=column)
        for column, row in found[line].items()
        if row is not None and row.strip()
    ]
