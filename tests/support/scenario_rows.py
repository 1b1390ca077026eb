"""What each scenario needs, by the row of the register that says so: tests/data/wg3_scenarios.tsv."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class ScenarioRow:
    """
    One need of a scenario.

    Args:
        what: offered (a scope of one of the types), fields (it has them), endless and history (the maximum of a
            field), selection (the form can draw it), grant_type, proof (a step before production shows that the Client
            is the Customer), steps (what it takes to get into production is listed).
    """

    id: str
    scenario: str
    what: str
    types: tuple[str, ...]
    names: tuple[str, ...]
    value: str


def _read() -> list[ScenarioRow]:
    path = Path(__file__).parents[1] / "data" / "wg3_scenarios.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [
        ScenarioRow(row, scenario, what, tuple(types.split()), tuple(names.split()), value)
        for row, scenario, what, types, names, value in rows
    ]


ROWS: Final = _read()
