"""The register of requirements: every row of the standards, as data beside this module."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

#: Rows nobody can observe in a running server: how a document reads, how an operator behaves, how it is set up.
_NOT_OBSERVABLE = ("doc", "review", "config")


@dataclass(frozen=True)
class Requirement:
    """One row; the columns are those of the files."""

    id: str
    spec: str
    section: str
    anchor: str
    level: str
    check: str
    area: str
    statement: str

    @property
    def binding(self) -> bool:
        """Whether a server must hold it and somebody can see whether it does: by HTTP, in a browser or inside."""
        return self.level == "MUST" and self.check not in _NOT_OBSERVABLE


@cache
def register() -> dict[str, Requirement]:
    """
    Every row by its id, in the order of the files.

    Raises:
        ValueError: two rows have the same id.
    """
    rows: dict[str, Requirement] = {}
    for file in sorted(files(__package__).joinpath("requirements").iterdir(), key=lambda each: each.name):
        for line in csv.DictReader(
            file.read_text(encoding="utf-8").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE
        ):
            if line["id"] in rows:
                raise ValueError(f"{file.name} repeats {line['id']}")
            rows[line["id"]] = Requirement(**line)
    return rows
