"""Energy Attribute Certificates of whichever Customers a Client is permitted to read directly."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from sqlalchemy.orm import Session

from cdsc_server.domain.disclosure import earliest, open_fields
from cdsc_server.domain.eacs import EVERYBODY, NAMED, Certificate, Name, member_of, visible
from cdsc_server.errors import InvalidRequest
from cdsc_server.services.costing import granted_tariffs
from cdsc_server.services.customer_data import DirectAccess
from cdsc_server.services.direct_objects import MOST_LOOKED_AT
from cdsc_server.services.homes import MOST_GROUPS, homes_of
from cdsc_server.services.supply_mixes import granted_mixes, with_mixes
from cdsc_server.storage.direct_eacs import Place, certificates, customers_with_mixes, names_reached
from cdsc_server.storage.direct_rules import Reached
from cdsc_server.storage.eacs import read_names
from cdsc_server.storage.usage import series_of, series_of_customers
from cdsc_server.storage.versions import AS_THEY_ARE, read_versions

#: Certificates judged at once.
_TOGETHER: Final = 101
#: Customers whose supply mixes are looked at together.
_CUSTOMERS: Final = 50


def certificates_seen(
    session: Session, access: DirectAccess, *, ids: Collection[str] | None, place: Place | None, backward: bool
) -> Iterator[tuple[Certificate, Sequence[str]]]:
    """
    The visible certificates in the order of a listing, each with the beneficiaries that may be told.

    Args:
        ids: only these; None for all.
        place: they begin right after it, or when read backward end right before it.

    Raises:
        InvalidRequest: next to none of very many are open, or it takes very many Customers to know.

    Spec: CDS-WG3-01 7.2.9, 10.9.
    """
    judge = _Judge(session, access)
    for _ in range(0, MOST_LOOKED_AT, _TOGETHER):
        found = certificates(session, ids=ids, place=place, backward=backward, limit=_TOGETHER)
        told = judge.told(found)
        yield from ((each, told[each.id]) for each in found if each.id in told)
        if len(found) < _TOGETHER:
            return
        place = found[-1].start, found[-1].created, found[-1].id
    raise InvalidRequest("this asks for too little of too much: name ids of certificates")


@dataclass(frozen=True)
class _Judge:
    """Says of certificates who sees them, in as many statements for a hundred as for one."""

    session: Session
    access: DirectAccess

    def told(self, found: Sequence[Certificate]) -> Mapping[str, Sequence[str]]:
        """The visible ones among these, by id, with the beneficiaries that may be told."""
        ids = [each.id for each in found]
        names = frozenset[Name]().union(*(each.names for each in found))
        seen: set[str] = set()
        tellable: set[Name] = set()
        for entry in self.access.entries:
            one = Reached.by(entry, self.access.permission, now=self.access.now)
            brought = {EVERYBODY}
            for kind in NAMED:
                if not one.opens(kind):
                    continue
                reached = names_reached(self.session, one, kind, ids, names)
                brought |= reached
                if one.at < self.access.now:
                    # What something is called since then is nothing that this entry shows.
                    reached = names_reached(self.session, one, kind, ids, names, unchanged=True)
                fields = open_fields(kind, entry.opens)
                tellable |= {name for name in reached if member_of(kind, name) in (None, *fields)}
            if "include_eacs" in entry.opens:
                known = (each for each in found if each.created <= one.at)
                seen |= {each.id for each in known if not brought.isdisjoint(each.names)}
        seen |= self._beside_shares([each for each in found if each.id not in seen and each.supply_type is not None])
        return {each.id: sorted(name.text for name in each.names & tellable) for each in found if each.id in seen}

    def _beside_shares(self, doubtful: Sequence[Certificate]) -> set[str]:
        """Those that prove shares of a supply mix which is open, whoever has it."""
        entries = tuple(
            each for each in self.access.entries if {"include_eacs", "include_usage_segments"} <= each.opens
        )
        seen: set[str] = set()
        if not entries or not doubtful:
            return seen
        reached = [Reached.by(each, self.access.permission, now=self.access.now) for each in entries]
        after = None
        for _ in range(MOST_GROUPS):
            found = customers_with_mixes(self.session, reached, after=after, limit=_CUSTOMERS)
            left = [each for each in doubtful if each.id not in seen]
            seen |= self._proving(replace(self.access, entries=entries), found, left)
            if len(found) < _CUSTOMERS or len(seen) == len(doubtful):
                return seen
            after = found[-1][0]
        raise InvalidRequest("this asks for too little of too much: name ids of certificates")

    def _proving(
        self, access: DirectAccess, found: Sequence[tuple[int, str]], doubtful: Sequence[Certificate]
    ) -> set[str]:
        customer_ids = [customer_id for _, customer_id in found]
        frozen, versions = earliest(access.entries, now=access.now), AS_THEY_ARE
        if frozen is not None:
            versions = read_versions(self.session, [key for key, _ in found], since=frozen)
        names = read_names(self.session, customer_ids, versions)
        by_customer = groupby(series_of_customers(self.session, customer_ids), lambda row: row.customer_id)
        series = {customer_id: [series_of(row) for row in rows] for customer_id, rows in by_customer}
        households = homes_of(self.session, access, customer_ids)
        tariffs = granted_tariffs(self.session, access.entries, customer_ids, now=access.now)
        graphs = {home.customer_id: home.graph for home in households}
        mixes = granted_mixes(self.session, access.entries, graphs, tariffs=tariffs)
        seen: set[str] = set()
        for home in households:
            own, stored = names[home.customer_id].at, series.get(home.customer_id, [])
            mine = with_mixes(mixes, home.customer_id, home.graph, stored, now=access.now)
            seen |= visible(access.entries, home.graph, own, mine, doubtful, now=access.now)
        return seen
