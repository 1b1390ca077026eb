"""
Energy Attribute Certificates: whom they are applied to, who may see them, and which shares of a supply mix they prove.

A certificate names its beneficiaries by what Accounts and contracts are called: a customer number, an id, the code of
a price plan, the number of a program. One for everybody has a name as well, so that all are looked for in one way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

from cdsc_server.domain.customer_graph import CustomerGraph, Kind
from cdsc_server.domain.disclosure import View, frozen_at, view_of
from cdsc_server.domain.grants import GrantedEntry
from cdsc_server.domain.usage import MIX, Proven
from cdsc_server.domain.usage_disclosure import Series, Tie, openings, ties
from cdsc_server.domain.value_formats import SUPPLY_TYPES

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)


class BeneficiaryType(StrEnum):
    """What the beneficiaries of a certificate are names of (CDS-WG3-01 10.9.2)."""

    CUSTOMER = "customer"
    ACCOUNT = "account"
    SERVICE_CONTRACT = "servicecontract"
    RATE_PLAN = "rateplan"
    PROGRAM = "program"
    GENERAL = "general"


class Name(NamedTuple):
    """What an Account or a contract is called as a beneficiary."""

    type: BeneficiaryType
    text: str


#: What Accounts and contracts are called, by kind and id.
Names = Mapping[Kind, Mapping[str, frozenset[Name]]]

#: The same as they were at an instant.
NamesAt: TypeAlias = Callable[[datetime], Names]

#: The name of everybody.
EVERYBODY: Final = Name(BeneficiaryType.GENERAL, "")

#: The optional member that tells a name of this type, by the kind of object that has it; others are told by ids.
_MEMBERS: Final = {
    (Kind.ACCOUNT, BeneficiaryType.CUSTOMER): "customer_number",
    (Kind.ACCOUNT, BeneficiaryType.PROGRAM): "account_programs",
    (Kind.SERVICE_CONTRACT, BeneficiaryType.RATE_PLAN): "rateplan_code",
    (Kind.SERVICE_CONTRACT, BeneficiaryType.PROGRAM): "service_programs",
}
#: Kinds of objects with names.
NAMED: Final = (Kind.ACCOUNT, Kind.SERVICE_CONTRACT)


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    What decides who sees an Energy Attribute Certificate, and where it stands in a listing.

    Args:
        names: its beneficiaries among those that were looked for.
        supply_type: the source it proves (CDS-WG3-01 10.8.7.9); None where it belongs to no share of a supply mix.
        start, end: the period it covers.
    """

    id: str
    beneficiary_type: BeneficiaryType
    names: frozenset[Name]
    numbers: Sequence[str]
    supply_type: str | None
    start: datetime
    end: datetime
    created: datetime

    def proves(self, value_format: Mapping[str, Any], names: frozenset[Name]) -> bool:
        """
        Whether it is applied to this component of the supply mix of whoever has these names.

        What is bought for everybody is part of the base mix, what is bought for some of their individual one; a
        residual mix is what no certificate stands for.
        """
        if not is_mix(value_format) or value_format.get("supply_type") != self.supply_type:
            return False
        general = self.beneficiary_type is BeneficiaryType.GENERAL
        bought = general or not self.names.isdisjoint(names)
        return bought and value_format.get("attribution") == ("base" if general else "individual")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredEac:
    """
    A certificate as it comes in.

    Args:
        source_id: what its source calls it; a second delivery of the same changes it.
        format: id of one of the configuration's formats.
        data: what it says, in that format and of this media type.
    """

    source_id: str
    beneficiary_type: BeneficiaryType
    beneficiaries: frozenset[str]
    numbers: tuple[str, ...]
    format: str
    supply_type: str | None
    start: datetime
    end: datetime
    media_type: str
    data: bytes

    @property
    def id(self) -> str:
        """Its public id, the same whenever it is delivered."""
        return "eac_" + hashlib.sha256(self.source_id.encode()).hexdigest()[:32]

    def faults(self, formats: Collection[str]) -> Iterator[str]:
        """
        What is wrong with it, each fault naming its member.

        Args:
            formats: ids of the formats that Clients are told of.
        """
        if self.format not in formats:
            yield f"eac_format {self.format!r} is not one of the configuration's eac_formats"
        if self.supply_type is not None and self.supply_type not in SUPPLY_TYPES:
            yield f"supply_type must be one of {', '.join(sorted(SUPPLY_TYPES))}"
        if self.start >= self.end:
            yield "period_end must be later than period_start"
        if bool(self.beneficiaries) == (self.beneficiary_type is BeneficiaryType.GENERAL):
            yield "beneficiaries must be empty for the type general, and for no other"
        if "" in self.beneficiaries:
            yield "beneficiaries must not be empty texts"


def is_mix(value_format: Mapping[str, Any]) -> bool:
    """Whether values of this format are shares of a supply mix."""
    return value_format.get("type") == MIX


def all_names(names: Names) -> frozenset[Name]:
    """Every name of a Customer's objects, and that of everybody."""
    return frozenset({EVERYBODY}.union(*(each for of_kind in names.values() for each in of_kind.values())))


def visible(
    entries: Iterable[GrantedEntry],
    graph: CustomerGraph,
    names: NamesAt,
    series: Iterable[Series],
    certificates: Sequence[Certificate],
    *,
    now: datetime,
) -> set[str]:
    """
    The ids of the certificates that these entries of a Grant open.

    Those of everybody; those of Accounts and contracts that an entry brings, as they are called at the instant whose
    state it shows; those that prove shares of a supply mix which it opens, of whatever Account or contract.

    Spec: CDS-WG3-01 7.2.9, 7.3.1.
    """
    found: set[str] = set()
    mixes = [one for one in series if is_mix(one.value_format)]
    for entry in entries:
        if "include_eacs" not in entry.opens:
            continue
        as_of = frozen_at(entry, now)
        seen, own = view_of([entry], graph, now=now).seen, names(as_of)
        brought = {EVERYBODY}.union(*(own[kind].get(each, ()) for kind in NAMED for each in seen[kind]))
        shares = list(_shares(entry, graph, own, mixes, now=now))
        found.update(
            each.id
            for each in certificates
            if each.created <= as_of
            and (not each.names.isdisjoint(brought) or any(_within(each, share) for share in shares))
        )
    return found


class _Share(NamedTuple):
    """A component of somebody's supply mix that is open in [start, end), seconds since 1970; None has no bound."""

    value_format: Mapping[str, Any]
    names: frozenset[Name]
    start: int | None
    end: int | None


def _shares(
    entry: GrantedEntry, graph: CustomerGraph, names: Names, mixes: Sequence[Series], *, now: datetime
) -> Iterator[_Share]:
    opened = openings([entry], graph, mixes, now=now) if mixes else {}
    known = graph.at(frozen_at(entry, now))
    for one in mixes:
        for opening in opened.get(one.segment_key, ()):
            if one.series_id in opening.columns:
                held = called(names, ties(known, one), opening.start, opening.end)
                yield _Share(one.value_format, held, opening.start, opening.end)


def _within(certificate: Certificate, share: _Share) -> bool:
    return (
        (share.start is None or share.start < _second(certificate.end, up=True))
        and (share.end is None or _second(certificate.start) < share.end)
        and certificate.proves(share.value_format, share.names)
    )


def called(names: Names, tied: Mapping[Kind, Sequence[Tie]], start: int | None, end: int | None) -> frozenset[Name]:
    """What the Accounts and contracts are called that a series belongs to in [start, end), seconds since 1970."""
    return frozenset(
        name
        for kind in NAMED
        for tie in tied[kind]
        if tie.within(start, end)
        for name in names[kind].get(tie.object_id, ())
    )


def told_beneficiaries(certificate: Certificate, names: NamesAt, view: View) -> list[str]:
    """
    The beneficiaries that whoever has this view may be told of, in order: what objects are called as they are shown.

    Spec: CDS-WG3-01 7.3.1, 10.9.2.
    """
    return sorted(
        {
            name.text
            for kind in NAMED
            for object_id, sight in view.seen[kind].items()
            for name in names(sight.as_of)[kind].get(object_id, ())
            if name in certificate.names and _tells(view, kind, object_id, name)
        }
    )


def member_of(kind: Kind, name: Name) -> str | None:
    """The optional member by which an object of a kind tells this name; None where its id does."""
    return _MEMBERS.get((kind, name.type))


def _tells(view: View, kind: Kind, object_id: str, name: Name) -> bool:
    member = member_of(kind, name)
    return member is None or view.shows(kind, object_id, member)


def proven(certificates: Iterable[Certificate], *, start: int, interval: int, count: int) -> tuple[Proven, ...]:
    """
    Where in a column certificates apply, in order; where none does, nothing is said.

    Args:
        start: second of the first Value Set; interval: seconds of each; count: how many there are.
    """
    spans = [
        (
            max((_second(each.start) - start) // interval, 0),
            min(-((start - _second(each.end, up=True)) // interval), count),
            each.id,
        )
        for each in certificates
    ]
    bounds = sorted({bound for first, last, _ in spans if first < last for bound in (first, last)})
    runs = (
        Proven(low, high, tuple(sorted(each for first, last, each in spans if first <= low and high <= last)))
        for low, high in pairwise(bounds)
    )
    return tuple(run for run in runs if run.eacs)


def _second(instant: datetime, *, up: bool = False) -> int:
    return -((_EPOCH - instant) // _SECOND) if up else (instant - _EPOCH) // _SECOND
