"""What the standard says of the members of each object, read from `tests/data/wg3_objects.tsv`."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_KINDS = {"decimal": (Decimal, int), "string": str, "date": str, "datetime": str, "Entity": dict}

with (Path(__file__).parents[2] / "data" / "wg3_objects.tsv").open(encoding="utf-8", newline="") as _file:
    _FACTS = list(csv.DictReader(_file, delimiter="\t"))


def facts_of(*kinds: str) -> list[dict[str, str]]:
    """The facts of these objects."""
    return [fact for fact in _FACTS if fact["object"] in kinds]


def expected(kind: str, *includes: str) -> set[str]:
    """The members that an object has when these include fields are true."""
    return {
        fact["field"]
        for fact in facts_of(kind)
        if fact["present"] == "always" or set(fact["opened_by"].split()) & set(includes)
    }


def members(objects: list[dict]) -> list[set[str]]:
    """The members of each object, without those of this Server's own."""
    return [{name for name in each if not name.startswith("cdsc_")} for each in objects]


def assert_types(kind: str, each: dict) -> None:
    """Null only where the standard allows it, numbers as numbers, instants with Z."""
    for fact in facts_of(kind):
        if fact["field"] in each:
            value = each[fact["field"]]
            wanted = list if fact["type"].startswith("Array") else _KINDS.get(fact["type"], str)
            assert isinstance(value, wanted) or (value is None and fact["may_be"] == "null"), fact
            assert fact["type"] != "datetime" or _INSTANT.fullmatch(value), fact
            assert fact["type"] != "date" or value is None or _DAY.fullmatch(value), fact
