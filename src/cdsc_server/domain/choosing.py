"""What a Customer can tick on the form, and what a request asks to have ticked (CDS-WG3-01 7.1, 9.2.3)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from cdsc_server.domain.addresses import AddressRules, matched

ALL: Final = "_all"
FUTURE: Final = "_include_future"

#: Groups stand beside the chain: each thing in it says which groups it counts towards.
_GROUPS: Final = "aggregation_selection"
#: Kinds of things from the whole to the part; each stands beside what it is related to.
_CHAIN: Final = (
    "account_selection",
    "service_contract_selection",
    "servicepoint_selection",
    "meter_device_selection",
)
_WIDE: Final = frozenset(_CHAIN[:2])

#: Preselection field: the kind of things it names, and the kinds of lists it ticks (7.1.1 to 7.1.11).
_FIELDS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "account_numbers": (_CHAIN[0], _WIDE),
    "account_programs": (_CHAIN[0], frozenset(_CHAIN[:1])),
    "contract_numbers": (_CHAIN[1], _WIDE),
    "service_types": (_CHAIN[1], _WIDE),
    "service_programs": (_CHAIN[1], frozenset(_CHAIN[1:2])),
    "servicepoint_numbers": (_CHAIN[2], frozenset(_CHAIN)),
    "servicepoint_types": (_CHAIN[2], frozenset(_CHAIN)),
    "premise_numbers": (_CHAIN[2], frozenset(_CHAIN)),
    "meter_numbers": (_CHAIN[3], frozenset(_CHAIN)),
    "meter_types": (_CHAIN[3], frozenset(_CHAIN)),
    "meter_apps": (_CHAIN[3], frozenset({_CHAIN[1], _CHAIN[3]})),
}
#: Where the addresses of each kind of list stand (7.1.13).
_ADDRESSED: Final[Mapping[str, str]] = {**{kind: kind for kind in _CHAIN}, _CHAIN[3]: _CHAIN[2]}
#: Kind of list: the fields whose `_all` means the whole list (9.2.3).
_ALL_FROM: Final[Mapping[str, frozenset[str]]] = {
    "account_selection": frozenset({"account_numbers", "contract_numbers"}),
    "service_contract_selection": frozenset({"account_numbers", "contract_numbers"}),
    "servicepoint_selection": frozenset({"servicepoint_numbers"}),
    "meter_device_selection": frozenset({"meter_numbers"}),
}


@dataclass(frozen=True, slots=True)
class Item:
    """
    One thing a Customer can tick.

    Args:
        title: the Customer's own name for it.
        about: kind and address.
        numbers: the numbers that stand on bills, each with what it is.
        details: numbers of the meters that are shared along with it.
        named: preselection field: the values by which a request may name it.
        address: as it is stored, in lines; empty for none.
    """

    id: str
    title: str
    about: str
    numbers: tuple[str, ...]
    details: tuple[str, ...] = ()
    named: Mapping[str, Collection[str]] = field(default_factory=dict, hash=False)
    address: str = ""

    def found_by(self, words: Sequence[str]) -> bool:
        """Whether every word stands somewhere in it; blanks inside numbers make no difference."""
        text = " ".join((self.title, self.about, *self.numbers)).casefold()
        return all(word in text or word in text.replace(" ", "").replace("-", "") for word in words)


@dataclass(frozen=True)
class Holdings:
    """What a Customer has, by kind, and how it is related now: pairs of (whole, part) for each step of the chain."""

    items: Mapping[str, Sequence[Item]]
    steps: Sequence[Sequence[tuple[str, str]]] = field(default=((), (), ()))

    @cached_property
    def known(self) -> Mapping[str, frozenset[str]]:
        """The ids of each kind."""
        return {kind: frozenset(item.id for item in items) for kind, items in self.items.items()}

    def carried(self, ids: Iterable[str], start: str, target: str) -> frozenset[str]:
        """What of the target kind is related to these things of another."""
        here, there, found = _CHAIN.index(start), _CHAIN.index(target), frozenset(ids)
        while here < there:
            found = frozenset(part for whole, part in self.steps[here] if whole in found)
            here += 1
        while here > there:
            here -= 1
            found = frozenset(whole for whole, part in self.steps[here] if part in found)
        return found


@dataclass(frozen=True)
class Ticked:
    """
    What is ticked in one section.

    Args:
        asked: whether the request named anything to tick.
    """

    ids: frozenset[str] = frozenset()
    future: bool = False
    asked: bool = False


def preselected(holdings: Holdings, kind: str, values: Mapping[str, Any], rules: AddressRules) -> Ticked:
    """
    What a request asks to have ticked in a list of this kind.

    Several fields that are not null intersect; a field that has no rule for this kind has no effect.
    Numbers that fit nothing tick nothing, and nobody but the Customer learns of it.

    Args:
        rules: how addresses are written where the Customer lives.

    Spec: CDS-WG3-01 7.1, 9.2.3.
    """
    found: frozenset[str] | None = None
    future = False
    for name, (base, targets) in _FIELDS.items():
        wanted = values.get(name)
        if wanted is None or kind not in targets:
            continue
        if FUTURE in wanted and kind in _WIDE and name in _ALL_FROM[kind]:
            future = True
        if ALL in wanted and name in _ALL_FROM[kind]:
            fits = holdings.known.get(kind, frozenset())
        else:
            fitting = (
                item.id for item in holdings.items.get(base, ()) if not set(item.named.get(name, ())).isdisjoint(wanted)
            )
            fits = holdings.carried(fitting, base, kind)
        found = fits if found is None else found & fits
    if (wanted := values.get("aggregation_numbers")) is not None:
        # 7.1.12: the group itself, or whatever of this kind belongs to it.
        items = holdings.items.get(kind, ())
        fits = frozenset(
            item.id for item in items if not set(item.named.get("aggregation_numbers", ())).isdisjoint(wanted)
        )
        found = fits if found is None else found & fits
    if values.get("addresses") is not None and kind == _GROUPS:
        # 7.1.13: one of several addresses is enough.
        places = {item.id: item.named.get("addresses", ()) for item in holdings.items.get(kind, ())}
        fits = frozenset(matched(values["addresses"], places, rules))
        found = fits if found is None else found & fits
    if values.get("addresses") is not None and kind in _ADDRESSED:
        base = _ADDRESSED[kind]
        places = {item.id: (item.address,) for item in holdings.items.get(base, ()) if item.address}
        fits = holdings.carried(matched(values["addresses"], places, rules), base, kind)
        found = fits if found is None else found & fits
    ids = (found or frozenset()) & holdings.known.get(kind, frozenset())
    return Ticked(ids, future, asked=found is not None)


def offers_future(kind: str) -> bool:
    """Whether "also what comes later" may be ticked in a list of this kind (9.2.3)."""
    return kind in _WIDE
