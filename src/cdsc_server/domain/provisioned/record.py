"""What a kind of record says of itself, for whoever reads, stores and describes records of all kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from cdsc_server.domain.field_values import is_email
from cdsc_server.domain.shapes import Checked, Fault, Member, Schema, Shape, Text
from cdsc_server.languages import LANGUAGES

Object = Mapping[str, Any]

_ID: Final = r"[A-Za-z0-9][A-Za-z0-9._:~@+-]{0,127}"
_COUNTRY: Final = r"[A-Z]{2}"


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


#: An id of the utility's own systems; it stands in addresses.
EXTERNAL_ID: Final = Checked(
    "must be up to 128 letters, digits and ._:~@+-, a letter or digit first",
    lambda value: re.fullmatch(_ID, value) is not None,
    {"pattern": f"^{_ID}$", "maxLength": 128},
)
EMAIL: Final = Checked("must be an e-mail address", is_email, {"format": "email"})
TIMEZONE: Final = Checked("must be an IANA time zone such as Europe/Brussels", lambda value: value in _timezones())
COUNTRY: Final = Checked(
    "must be the two letters of a country, such as ZA",
    lambda value: re.fullmatch(_COUNTRY, value) is not None,
    {"pattern": f"^{_COUNTRY}$"},
)
LANGUAGE: Final = Checked(
    f"must be one of {', '.join(LANGUAGES)}", lambda value: value in LANGUAGES, {"enum": list(LANGUAGES)}
)
TEXT: Final = Text()


def optional(kind: Any) -> Member:
    """A member that may be left out."""
    return Member(kind, required=False)


@dataclass(frozen=True)
class RecordKind:
    """
    One kind of record.

    Args:
        name: as records of it call themselves, such as "label_partner".
        path: of their addresses, such as "label-partners".
        noun: what people call one, such as "label partner".
        about: what one stands for, in one sentence.
        id: the member with the id that the utility's own systems have for it.
        shape: its members, the id among them.
        refers: members that name a record of another kind, by its id.
        above: of those, the one that says what it stands under.
        unique: a member of which no two records of the kind may have the same value, whatever its case.
        fixed: members that stay as they were first.
        faults: what members that are right by themselves say wrongly of each other.
    """

    name: str
    path: str
    noun: str
    about: str
    id: str
    shape: Shape
    refers: Mapping[str, str] = field(default_factory=dict)
    above: str | None = None
    unique: str | None = None
    fixed: tuple[str, ...] = ()
    faults: Callable[[Object], Iterable[Fault]] = lambda _: ()

    def faults_of(self, body: Any) -> Iterator[Fault]:
        """Everything that is wrong with a record by itself."""
        if found := list(self.shape.faults(body)):
            # What members say of each other can only be judged where they are there.
            yield from found
        else:
            yield from self.faults(body)

    def json_schema(self) -> Schema:
        """The same for other programs; the id may be left out where the address holds it."""
        schema = self.shape.json_schema()
        return {**schema, "required": [name for name in schema["required"] if name != self.id]}
