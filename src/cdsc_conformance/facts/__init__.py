"""The standards as tables: objects with their fields, enumerations, and scopes with their prescribed literals."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Field:
    """One member of an object."""

    name: str
    #: A name of `kinds.KINDS`, or `one of ENUM`, or `some of ENUM` for an array.
    type: str
    #: Whether every such object has it. A member needed under a condition has a function of its own.
    required: bool
    nullable: bool
    #: The row that says so; members without one are judged by kind only, when they are there.
    row: str = ""
    #: The authorization details field that opens the member; "" when every such object has it.
    opened_by: str = ""
    #: The row that wants it when opened, the one that forbids it when not, the one that wants it absent, never null.
    opened_row: str = ""
    closed_row: str = ""
    absent_row: str = ""


@cache
def fields(name: str) -> tuple[Field, ...]:
    """The fields of an object, in the order of the standard."""
    return tuple(Field(**line) for line in {**_read("objects"), **_read("customer_objects")}[name])


@cache
def enum(name: str) -> tuple[str, ...]:
    """The values of an enumeration, in the order of the standard."""
    known = _read("customer_enums").get(name)
    return tuple(known["values"] if known else _read("enums")[name])


def enum_row(name: str) -> str:
    """The row that limits an enumeration of Customer Data to its values; empty for any other."""
    found: str = _read("customer_enums").get(name, {}).get("row", "")
    return found


def literals(name: str) -> list[dict[str, Any]]:
    """What the standard prescribes to the letter for a scope type, or for a field of it (`TYPE.FIELD`)."""
    found: list[dict[str, Any]] = _read("scopes")[name]
    return found


def access(scope_type: object) -> dict[str, Any]:
    """
    What a scope type of Customer Data gives access to; empty for any other type.

    Returns:
        implied: the include fields it stands for without being asked, each with the row that says so, or "".
        opened, limits: the rows about what its Grants open and leave out, or "".
        dropped: the rows about preselections that its Grants do not hold; kept: fields they do, with the row.
        selected: by selection type, the rows about what a choice of the Customer's decides, with the path from an
            object of the listing to the ids chosen.
    """
    found: dict[str, Any] = _read("customer_access").get(str(scope_type), {})
    return found


def listings() -> dict[str, dict[str, Any]]:
    """The listings of Customer Data by the member that holds their objects: address, filters, search, order, rows."""
    return _read("customer_listings")


def selection_rows(selection: str) -> dict[str, str]:
    """By what a person can do with a list of the form, the row about it for this kind of entries (9.2.3)."""
    found: dict[str, str] = _read("form_selections")[selection]
    return found


def rules(table: str) -> dict[str, list[dict[str, Any]]]:
    """A table of rules: for each thing that the standard defines, the rows about it and what each demands."""
    return _read(table)


@cache
def _read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
    return found
