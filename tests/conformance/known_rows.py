"""
The rows that our own server is shown to hold by the kit: a file, renewed by running the kit.

The report reads it, so that it needs no server; test_kit fails when the file and a run differ.
"""

from __future__ import annotations

import csv
from pathlib import Path

PATH = Path(__file__).with_name("kit_rows.tsv")


def read() -> dict[str, str]:
    """Rows with the condition that passes for each."""
    with PATH.open(encoding="utf-8", newline="") as file:
        return {line["row"]: line["condition"] for line in csv.DictReader(file, delimiter="\t")}


def write(rows: dict[str, str]) -> None:
    """Keep these rows, in the order of their ids."""
    lines = [f"{row}\t{condition}" for row, condition in sorted(rows.items())]
    PATH.write_text("\n".join(["row\tcondition", *lines, ""]), encoding="utf-8")
