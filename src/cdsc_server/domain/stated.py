"""
What somebody says they have who did not sign in (CDS-WG3-01 9.2, 9.2.3).

Numbers stand on the form as the request or the person wrote them. Nobody looks them up before the person is known, so
the form tells no stranger which are right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdsc_server.domain.choosing import ALL, FUTURE, Holdings, Item, Ticked, offers_future
from cdsc_server.domain.grants import Selection
from cdsc_server.languages import gettext, marked

#: Kind of list: the field whose values are numbers of that kind.
NUMBERED: Final[Mapping[str, str]] = {
    "account_selection": "account_numbers",
    "service_contract_selection": "contract_numbers",
    "servicepoint_selection": "servicepoint_numbers",
    "meter_device_selection": "meter_numbers",
    "aggregation_selection": "aggregation_numbers",
}
_EVERY: Final[Mapping[str, str]] = {
    "account_selection": marked("All your accounts"),
    "service_contract_selection": marked("All your services"),
    "servicepoint_selection": marked("All your connections"),
    "meter_device_selection": marked("All your meters"),
}
#: Most characters of a number that a person writes by hand; what is longer is none.
LONGEST: Final = 100


@dataclass(frozen=True)
class Stated:
    """
    What was ticked in one section by somebody who did not sign in.

    Args:
        scope_id: of the section.
        numbers: of things of this kind; `_all` among them means every one.
    """

    scope_id: str
    kind: str
    numbers: tuple[str, ...]
    future: bool

    def to_stored(self) -> dict[str, Any]:
        """Plain JSON for a receipt."""
        return {"scope_id": self.scope_id, "kind": self.kind, "numbers": list(self.numbers), "future": self.future}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Stated:
        """Back from a receipt."""
        return cls(stored["scope_id"], stored["kind"], tuple(stored["numbers"]), stored["future"])


def asked_to_tick(kind: str, values: Mapping[str, Any]) -> Ticked:
    """What the request wants ticked, as far as that can be said without knowing the person."""
    given = values.get(NUMBERED.get(kind, ""))
    named = frozenset(given or ()) - {FUTURE}
    return Ticked(named, FUTURE in (given or ()) and offers_future(kind), asked=given is not None)


def stated_holdings(named: Iterable[tuple[str, Collection[str]]]) -> Holdings:
    """
    The lists of a form for somebody unknown: every number that was named, by the request or by hand.

    Args:
        named: kind of list, and numbers of that kind.
    """
    items: dict[str, dict[str, Item]] = {kind: {} for kind in NUMBERED}
    for kind, numbers in named:
        for number in sorted(numbers, key=lambda each: (each != ALL, each)):
            title = gettext(_EVERY[kind]) if number == ALL and kind in _EVERY else number
            items.setdefault(kind, {})[number] = Item(number, title, "", ())
    return Holdings({kind: list(found.values()) for kind, found in items.items()})


def read_numbers(text: str) -> tuple[str, ...]:
    """The numbers that a person wrote, one on each line or set apart by commas; each once, blanks around them gone."""
    parts = (" ".join(each.split()) for line in text.splitlines() for each in line.split(","))
    numbers = [each for each in parts if each and len(each) <= LONGEST and each not in (ALL, FUTURE)]
    return tuple(dict.fromkeys(numbers))


def selections_of(stated: Sequence[Stated], by_number: Mapping[str, Mapping[str, str]]) -> list[Selection] | None:
    """
    What the numbers mean once it is known whose they are.

    Args:
        by_number: kind of list: id of each thing of this Customer by its number.

    Returns:
        One selection for each section; None when a number is not this Customer's, or they have nothing of the kind.
    """
    found = []
    for each in stated:
        known = by_number.get(each.kind, {})
        numbers = known.keys() if ALL in each.numbers else each.numbers
        ids = frozenset(known[number] for number in numbers if number in known)
        if not ids or not all(number in known for number in numbers):
            return None
        left_out = frozenset(known.values()) - ids if each.future else frozenset()
        found.append(Selection(each.kind, ids, each.future, left_out))
    return found
