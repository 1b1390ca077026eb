"""`@condition("WG1-02-3.4-05", ...)` declares a function that judges these rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cdsc_conformance.findings import Findings
from cdsc_conformance.register import register

if TYPE_CHECKING:
    from cdsc_conformance.session import Session


@dataclass(frozen=True)
class Condition:
    """A judgement and the rows it is about; its docstring's first line is its title in reports."""

    rows: tuple[str, ...]
    judgement: Callable[[Session], Findings]

    @property
    def name(self) -> str:
        """Where it stands: module and function."""
        return f"{self.judgement.__module__.rpartition('.')[2]}.{self.judgement.__name__}"

    @property
    def title(self) -> str:
        """One sentence for a reader."""
        return (self.judgement.__doc__ or self.judgement.__name__).strip().partition("\n")[0].rstrip(".")


def condition(*rows: str) -> Callable[[Callable[[Session], Findings]], Condition]:
    """
    Declare a judgement of these rows.

    Raises:
        ValueError: a row the register does not know.
    """
    if unknown := [row for row in rows if row not in register()]:
        raise ValueError(f"not in the register of requirements: {', '.join(unknown)}")

    def declare(judgement: Callable[[Session], Findings]) -> Condition:
        return Condition(tuple(dict.fromkeys(rows)), judgement)

    return declare
