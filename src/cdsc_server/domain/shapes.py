"""
Objects in the shape of the standard, described as tables: what is wrong with one, where, and its JSON Schema.

For what comes from outside as JSON with every digit kept (`exact_json.loads`): numbers are `int` or `Decimal`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from cdsc_server.domain.currencies import is_currency
from cdsc_server.domain.durations import read_datetime

#: Digits before and behind the point; no meter and no bill has as many.
MOST_DIGITS: Final = 60
_LONGEST: Final = 1000

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What breaks a rule.

    Args:
        at: where, such as `bill_statements[0].amount_due`; empty for the value as a whole.
        rule: what it must be.
    """

    at: str
    rule: str

    def __str__(self) -> str:
        return f"{self.at} {self.rule}" if self.at else self.rule


def under(place: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    """The faults of a part, as faults of the whole it stands in at `place`."""
    for fault in faults:
        joint = "." if fault.at and not fault.at.startswith("[") else ""
        yield Fault(f"{place}{joint}{fault.at}", fault.rule)


class Kind(Protocol):
    """The values a member may have."""

    def faults(self, value: Any) -> Iterator[Fault]:
        """What is wrong with a value that is not null."""
        ...

    def json_schema(self) -> Schema:
        """The same for other programs, as far as JSON Schema can say it."""
        ...


@dataclass(frozen=True, slots=True)
class Text:
    """Text that is not blank."""

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield Fault("", "must be a string")
        elif not value.strip():
            yield Fault("", "must not be empty")
        elif len(value) > _LONGEST:
            yield Fault("", f"must not be longer than {_LONGEST} characters")
        elif not all(char.isprintable() or char == "\n" for char in value):
            yield Fault("", "must not hold control characters")

    def json_schema(self) -> Schema:
        return {"type": "string", "minLength": 1, "maxLength": _LONGEST}


@dataclass(frozen=True, slots=True)
class Checked:
    """
    Text that keeps a rule of its own.

    Args:
        rule: what it must be.
        holds: whether a text that is not blank is so.
        schema: what JSON Schema can say of it.
    """

    rule: str
    holds: Callable[[str], bool]
    schema: Mapping[str, Any] = field(default_factory=dict)

    def faults(self, value: Any) -> Iterator[Fault]:
        yield from (faults := list(Text().faults(value)))
        if not faults and not self.holds(value):
            yield Fault("", self.rule)

    def json_schema(self) -> Schema:
        return {**Text().json_schema(), **self.schema}


@dataclass(frozen=True, slots=True)
class Link:
    """An address people can follow."""

    def faults(self, value: Any) -> Iterator[Fault]:
        yield from (faults := list(Text().faults(value)))
        if not faults and not _is_address(value):
            yield Fault("", "must be a URL that begins with https:// or http://")

    def json_schema(self) -> Schema:
        return {"type": "string", "format": "uri"}


@dataclass(frozen=True, slots=True)
class Day:
    """A date."""

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str) or not _is_day(value):
            yield Fault("", "must be a date such as 2026-05-31")

    def json_schema(self) -> Schema:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, slots=True)
class Instant:
    """A date and time with its offset from UTC."""

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str) or not _is_instant(value):
            yield Fault("", "must be a date and time such as 2026-05-31T16:00:00Z")

    def json_schema(self) -> Schema:
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its digits."""

    def faults(self, value: Any) -> Iterator[Fault]:
        if not is_number(value):
            yield Fault("", "must be a number")
        elif not _is_short(Decimal(value)):
            yield Fault("", f"must not have more than {MOST_DIGITS} digits before or behind the point")

    def json_schema(self) -> Schema:
        return {"type": "number"}


@dataclass(frozen=True, slots=True)
class Seconds:
    """A whole number of seconds, at least one."""

    def faults(self, value: Any) -> Iterator[Fault]:
        if type(value) is not int or value < 1:
            yield Fault("", "must be a whole number of seconds, at least 1")

    def json_schema(self) -> Schema:
        return {"type": "integer", "minimum": 1}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, bool):
            yield Fault("", "must be true or false")

    def json_schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Currency:
    """The three letters of a currency (ISO 4217)."""

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str) or not is_currency(value):
            yield Fault("", "must be the three letters of a currency, such as USD")

    def json_schema(self) -> Schema:
        return {"type": "string", "pattern": "^[A-Z]{3}$"}


@dataclass(frozen=True, slots=True)
class Word:
    """One of these words."""

    words: Collection[str]

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str) or value not in self.words:
            yield Fault("", f"must be one of {', '.join(sorted(self.words))}")

    def json_schema(self) -> Schema:
        return {"enum": sorted(self.words)}


@dataclass(frozen=True, slots=True)
class NumberOrText:
    """A number with its digits, or text."""

    def faults(self, value: Any) -> Iterator[Fault]:
        yield from (Number() if is_number(value) else Text()).faults(value)

    def json_schema(self) -> Schema:
        return {"anyOf": [Number().json_schema(), Text().json_schema()]}


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of values of one kind; words and texts stand in it once."""

    kind: Kind

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield Fault("", "must be a list")
            return
        for number, each in enumerate(value):
            found = [Fault("", "must not be null")] if each is None else self.kind.faults(each)
            yield from under(f"[{number}]", found)
        texts = [each for each in value if isinstance(each, str)]
        if len(set(texts)) != len(texts):
            yield Fault("", "must not name anything twice")

    def json_schema(self) -> Schema:
        return {"type": "array", "items": self.kind.json_schema()}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object."""

    kind: Kind
    required: bool = True
    nullable: bool = False

    def json_schema(self) -> Schema:
        """What its value may be."""
        schema = self.kind.json_schema()
        return {"anyOf": [schema, {"type": "null"}]} if self.nullable else schema


@dataclass(frozen=True, slots=True)
class Shape:
    """
    An object with these members.

    Args:
        needs: by a word of `types`, the members that an object of this type must have.
        own: whether members of the source's own may stand beside them: prefix, underscore, name.
    """

    members: Mapping[str, Member]
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: bool = False

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault("", "must be an object")
            return
        for name, member in self.members.items():
            if name not in value:
                if member.required:
                    yield Fault(name, "is missing")
            elif value[name] is None:
                if not member.nullable:
                    yield Fault(name, "must not be null")
            else:
                yield from under(name, member.kind.faults(value[name]))
        yield from (Fault(repr(name)[:80], "is not known here") for name in value if not self._knows(name))
        types = value.get("types")
        for each in types if isinstance(types, list) else ():
            for name in self.needs.get(each, ()) if isinstance(each, str) else ():
                if name not in value:
                    yield Fault(name, f"is missing: type {each} needs it")

    def json_schema(self) -> Schema:
        schema: Schema = {
            "type": "object",
            "properties": {name: member.json_schema() for name, member in self.members.items()},
            "required": [name for name, member in self.members.items() if member.required],
            "additionalProperties": self.own,
        }
        if self.needs:
            schema["allOf"] = [
                {
                    "if": {"properties": {"types": {"contains": {"const": each}}}, "required": ["types"]},
                    "then": {"required": list(names)},
                }
                for each, names in self.needs.items()
            ]
        return schema

    def _knows(self, name: str) -> bool:
        if name in self.members:
            return True
        # What begins like a member of the standard is that one, misspelled.
        prefix, joint, rest = name.partition("_")
        sound = bool(prefix and joint and rest) and name.isidentifier()
        return self.own and sound and prefix not in {known.partition("_")[0] for known in self.members}


def is_number(value: Any) -> bool:
    """Whether this is a number of JSON; true and false are none."""
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def _is_short(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= MOST_DIGITS and value.adjusted() < MOST_DIGITS


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_instant(value: str) -> bool:
    try:
        read_datetime(value)
    except (ValueError, OverflowError):
        return False
    return True


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value and "\n" not in value
