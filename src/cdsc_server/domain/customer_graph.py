"""What one Customer has, and how it hangs together over time: accounts, contracts, Service Points, Meter Devices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final


class Kind(StrEnum):
    """The kinds of objects a Customer selects; the value is the object's name in `detail_fields.FIELDS[..].opens`."""

    ACCOUNT = "account"
    SERVICE_CONTRACT = "service_contract"
    SERVICE_POINT = "service_point"
    METER_DEVICE = "meter_device"


#: Selection Type (CDS-WG3-01 7.4.1) and the kind that is ticked.
SELECTED_KIND: Final[Mapping[str, Kind]] = {
    "account_selection": Kind.ACCOUNT,
    "service_contract_selection": Kind.SERVICE_CONTRACT,
    "servicepoint_selection": Kind.SERVICE_POINT,
    "meter_device_selection": Kind.METER_DEVICE,
}


@dataclass(frozen=True, slots=True)
class Node:
    """
    One object.

    Args:
        number: the number the Customer knows it by.
        known: as of when there was such an object, by its source.
        above: the parent of an Account, the Account of a Service Contract.
        more: values of other members that may have to be compared, by paths such as "service_types[]".
    """

    id: str
    number: str | None
    known: datetime
    above: str | None = None
    more: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def told(self, path: str) -> frozenset[str]:
        """The values of a member that it is compared by: of its number, or of what stands at a path."""
        if path.endswith("_number") and "." not in path:
            return frozenset() if self.number is None else frozenset({self.number})
        return self.more.get(path, frozenset())


@dataclass(frozen=True, slots=True)
class Link:
    """That a contract is served, or a meter installed, at a Service Point in [start, end); no end is still."""

    object_id: str
    service_point_id: str
    start: datetime
    end: datetime | None = None

    def overlaps(self, other: Link) -> bool:
        """Whether the two ever held at the same time."""
        return (self.end is None or other.start < self.end) and (other.end is None or self.start < other.end)


@dataclass(frozen=True)
class CustomerGraph:
    """All objects of one Customer by kind and id, the contracts served and the meters installed at Service Points."""

    nodes: Mapping[Kind, Mapping[str, Node]]
    served: Sequence[Link] = ()
    installed: Sequence[Link] = ()

    @cached_property
    def served_at(self) -> Mapping[str, Sequence[Link]]:
        """Contracts by Service Point."""
        return _grouped(self.served, lambda link: link.service_point_id)

    @cached_property
    def served_as(self) -> Mapping[str, Sequence[Link]]:
        """Service Points by contract."""
        return _grouped(self.served, lambda link: link.object_id)

    @cached_property
    def installed_at(self) -> Mapping[str, Sequence[Link]]:
        """Meters by Service Point."""
        return _grouped(self.installed, lambda link: link.service_point_id)

    @cached_property
    def installed_as(self) -> Mapping[str, Sequence[Link]]:
        """Service Points by meter."""
        return _grouped(self.installed, lambda link: link.object_id)

    def at(self, instant: datetime) -> CustomerGraph:
        """The graph as it was known then: later objects and links are not there, later ends have not come."""
        # Each entry of a Grant asks, and nearly all for the same instant.
        if instant not in self._states:
            self._states[instant] = self._known(instant)
        return self._states[instant]

    @cached_property
    def _states(self) -> dict[datetime, CustomerGraph]:
        return {}

    def _known(self, instant: datetime) -> CustomerGraph:
        return CustomerGraph(
            {
                kind: {node.id: node for node in nodes.values() if node.known <= instant}
                for kind, nodes in self.nodes.items()
            },
            tuple(_known(self.served, instant)),
            tuple(_known(self.installed, instant)),
        )

    def narrowed(self, keeps: Callable[[Kind, Node], bool]) -> CustomerGraph:
        """
        The part that is left when some objects are gone.

        With an Account go its contracts, with these the Service Points where no other one was ever served, and with
        those the meters that hung nowhere beside a contract that is left.
        """
        kept = {kind: {n.id: n for n in nodes.values() if keeps(kind, n)} for kind, nodes in self.nodes.items()}
        accounts, points, meters = kept[Kind.ACCOUNT], kept[Kind.SERVICE_POINT], kept[Kind.METER_DEVICE]
        contracts = {each: node for each, node in kept[Kind.SERVICE_CONTRACT].items() if node.above in accounts}
        served = [link for link in self.served if link.object_id in contracts and link.service_point_id in points]
        beside = _grouped(served, lambda link: link.service_point_id)
        hung = [
            link
            for link in self.installed
            if link.object_id in meters and any(map(link.overlaps, beside.get(link.service_point_id, ())))
        ]
        left = {link.object_id for link in hung}
        return CustomerGraph(
            {
                Kind.ACCOUNT: accounts,
                Kind.SERVICE_CONTRACT: contracts,
                Kind.SERVICE_POINT: {each: node for each, node in points.items() if each in beside},
                Kind.METER_DEVICE: {each: node for each, node in meters.items() if each in left},
            },
            served,
            [link for link in self.installed if link.object_id in left and link.service_point_id in beside],
        )

    def related(self, kind: Kind, chosen: frozenset[str]) -> Mapping[Kind, Set[str]]:
        """
        What hangs on the chosen objects, each relation followed away from them once.

        Going up from a contract to its Account never comes down again to its other contracts, so nothing of the chosen
        kind is added; Accounts alone bring their parents. A meter belongs to a contract only if both were at the
        Service Point at the same time.

        Spec: CDS-WG3-01 7.2.1 to 7.2.4; reverse links make contracts lead to Service Points and meters.
        """
        # Most entries of a Grant choose the same.
        if (kind, chosen) not in self._reached:
            self._reached[kind, chosen] = self._reach(kind, chosen)
        return self._reached[kind, chosen]

    @cached_property
    def _reached(self) -> dict[tuple[Kind, frozenset[str]], Mapping[Kind, Set[str]]]:
        return {}

    def _reach(self, kind: Kind, chosen: frozenset[str]) -> Mapping[Kind, Set[str]]:
        contracts = self.nodes[Kind.SERVICE_CONTRACT]
        reached: dict[Kind, set[str]] = {each: set() for each in Kind}
        reached[kind] = set(chosen)
        if kind is Kind.ACCOUNT:
            reached[Kind.SERVICE_CONTRACT] = {node.id for node in contracts.values() if node.above in chosen}
        if kind in (Kind.ACCOUNT, Kind.SERVICE_CONTRACT):
            links = [link for each in reached[Kind.SERVICE_CONTRACT] for link in self.served_as.get(each, ())]
            reached[Kind.SERVICE_POINT] = {link.service_point_id for link in links}
            reached[Kind.METER_DEVICE] = _beside(links, self.installed_at)
        elif kind is Kind.SERVICE_POINT:
            reached[Kind.METER_DEVICE] = {link.object_id for each in chosen for link in self.installed_at.get(each, ())}
            reached[Kind.SERVICE_CONTRACT] = {
                link.object_id for each in chosen for link in self.served_at.get(each, ())
            }
        else:
            links = [link for each in chosen for link in self.installed_as.get(each, ())]
            reached[Kind.SERVICE_POINT] = {link.service_point_id for link in links}
            reached[Kind.SERVICE_CONTRACT] = _beside(links, self.served_at)
        if kind is not Kind.ACCOUNT:
            above = (contracts[each].above for each in reached[Kind.SERVICE_CONTRACT] if each in contracts)
            reached[Kind.ACCOUNT] = {account for account in above if account is not None}
        reached[Kind.ACCOUNT] |= self._parents(reached[Kind.ACCOUNT])
        return {each: {one for one in ids if one in self.nodes[each]} for each, ids in reached.items()}

    def _parents(self, accounts: Iterable[str]) -> set[str]:
        known = self.nodes[Kind.ACCOUNT]
        found: set[str] = set()
        waiting = list(accounts)
        while waiting:
            node = known.get(waiting.pop())
            # A ring of parents in the source must not keep us here for ever.
            if node is not None and node.above is not None and node.above not in found:
                found.add(node.above)
                waiting.append(node.above)
        return found


def _grouped(links: Iterable[Link], key: Callable[[Link], str]) -> dict[str, list[Link]]:
    grouped: dict[str, list[Link]] = {}
    for link in links:
        grouped.setdefault(key(link), []).append(link)
    return grouped


def _known(links: Iterable[Link], instant: datetime) -> Iterable[Link]:
    for link in links:
        if link.start <= instant:
            yield link if link.end is None or link.end <= instant else replace(link, end=None)


def _beside(links: Iterable[Link], others_at: Mapping[str, Sequence[Link]]) -> set[str]:
    """Objects on the other side of the Service Points of these links, where both were there at the same time."""
    return {
        other.object_id for link in links for other in others_at.get(link.service_point_id, ()) if link.overlaps(other)
    }
