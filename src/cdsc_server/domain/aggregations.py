"""
Groups of Customers' Service Points: what an operator defines, and what belongs to it (CDS-WG3-01 10.7).

A group has types. Some say how it is formed, and each of these has a list of its own: a Service Point belongs to the
group when it fits every list. A group with more members than the standard lists is cut into parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.domain.geojson import geojson_fault
from cdsc_server.errors import InvalidConfiguration

#: Who may know of a group (10.7.2): of the first two everybody, of the last whom the operator opens it for.
OPEN_TYPES: Final = ("public", "listed")
CONFIDENTIAL: Final = "confidential"
#: What a group is; it needs no list.
PLAIN_TYPES: Final = ("region", "local", "building")

#: Aggregation Type and the member of the Aggregation that lists what it is formed by (10.7.2).
LISTS: Final[Mapping[str, str]] = {
    "country": "countries",
    "province": "provinces",
    "municipality": "municipalities",
    "account_type": "account_types",
    "account_program_number": "account_program_numbers",
    "service_type": "service_types",
    "rateplan_code": "rateplan_code",
    "service_program_number": "service_program_numbers",
    "servicepoint_type": "servicepoint_types",
    "premise_number": "premise_numbers",
    "meter_type": "meter_types",
    "meter_app_number": "meter_app_numbers",
}
#: Types whose members are chosen by number: their numbers are the operator's, the ids of the members are published.
NUMBERED: Final[Mapping[str, Kind]] = {
    "account_number": Kind.ACCOUNT,
    "contract_number": Kind.SERVICE_CONTRACT,
    "servicepoint_number": Kind.SERVICE_POINT,
    "meter_number": Kind.METER_DEVICE,
}
TYPES: Final = frozenset({*OPEN_TYPES, CONFIDENTIAL, *PLAIN_TYPES, *LISTS, *NUMBERED})

#: Region Type and the member of the Region that lists its names (10.7.4).
REGION_LISTS: Final[Mapping[str, str]] = {
    "postal_code": "postal_codes",
    "county": "counties",
    "neighborhood": "neighborhoods",
    "city_block": "city_blocks",
}
GEOGRAPHIC: Final = "geographic"

#: More members of one kind than this are cut into parts (10.7.1); of kinds chosen by number, more than that (10.7.2).
_MOST: Final = 1000
_MOST_NUMBERED: Final = 100

_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What of an object may decide whether it belongs to a group.

    Args:
        types: of a contract its service types.
        numbers: of its programs, premises or apps, as far as the kind has some.
        rateplan: of a contract.
        account_id: of a contract.
    """

    id: str
    number: str | None
    types: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    rateplan: str | None = None
    account_id: str | None = None


@dataclass(frozen=True)
class Connection:
    """
    A Service Point of one Customer with what hangs on it: the contracts served there now, and every meter it ever had.

    Args:
        address: with its lines.
    """

    customer_id: str
    point: Facts
    address: str
    meters: Sequence[Facts] = ()
    contracts: Sequence[Facts] = ()
    accounts: Sequence[Facts] = ()

    def ids(self) -> Iterator[tuple[Kind, str]]:
        """Everything in it."""
        yield Kind.SERVICE_POINT, self.point.id
        for kind, found in (
            (Kind.METER_DEVICE, self.meters),
            (Kind.SERVICE_CONTRACT, self.contracts),
            (Kind.ACCOUNT, self.accounts),
        ):
            yield from ((kind, each.id) for each in found)


@dataclass(frozen=True)
class Definition:
    """
    A group as an operator defines it.

    Args:
        number: by which Clients ask for it.
        name: what people call it.
        types: Aggregation Types.
        lists: by type, what belongs to the group has one of; numbers for types that choose by number.
        addresses: of buildings.
        regions: Aggregation Regions (10.7.3); a geographic one has `geojson` instead of addresses of maps.
    """

    number: str
    name: str
    types: tuple[str, ...]
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    regions: tuple[Mapping[str, Any], ...] = ()

    @property
    def published(self) -> dict[str, list[str]]:
        """The members of the Aggregation that its types add."""
        return {LISTS[name]: sorted(values) for name, values in self.lists.items() if name in LISTS}

    def members(self, connection: Connection, *, country: str) -> Connection | None:
        """
        What of a connection belongs to the group; None when nothing does.

        Args:
            country: where the utility is.
        """
        here = {"country": frozenset({country}), **_described(connection)}
        if any(name in self.lists and not self.lists[name] & found for name, found in here.items()):
            return None
        words = _words(connection.address.partition("\n")[2] or connection.address)
        if not all(self._named(name, words) for name in ("province", "municipality")) or not self._in_region(words):
            return None
        meters = [each for each in connection.meters if self._fits_meter(each)]
        accounts = [each for each in connection.accounts if self._fits_account(each)]
        known = {each.id for each in accounts}
        contracts = [each for each in connection.contracts if each.account_id in known and self._fits_contract(each)]
        billed = {each.account_id for each in contracts}
        accounts = [each for each in accounts if each.id in billed]
        if not meters or (not contracts and self._narrows_contracts):
            return None
        return Connection(connection.customer_id, connection.point, connection.address, meters, contracts, accounts)

    @property
    def _narrows_contracts(self) -> bool:
        return not self.lists.keys().isdisjoint(
            ("account_type", "account_program_number", "account_number",
             "service_type", "rateplan_code", "service_program_number", "contract_number")
        )  # fmt: skip

    def _fits(self, name: str, found: frozenset[str]) -> bool:
        return name not in self.lists or bool(self.lists[name] & found)

    def _fits_account(self, each: Facts) -> bool:
        return (
            self._fits("account_number", _one(each.number))
            and self._fits("account_type", each.types)
            and self._fits("account_program_number", each.numbers)
        )

    def _fits_contract(self, each: Facts) -> bool:
        return (
            self._fits("contract_number", _one(each.number))
            and self._fits("service_type", each.types)
            and self._fits("service_program_number", each.numbers)
            and self._fits("rateplan_code", _one(each.rateplan))
        )

    def _fits_meter(self, each: Facts) -> bool:
        return (
            self._fits("meter_number", _one(each.number))
            and self._fits("meter_type", each.types)
            and self._fits("meter_app_number", each.numbers)
        )

    def _named(self, name: str, words: Sequence[str]) -> bool:
        return name not in self.lists or any(_holds(words, _words(each)) for each in self.lists[name])

    def _in_region(self, words: Sequence[str]) -> bool:
        codes = [code for region in self.regions for code in region.get("postal_codes", ())]
        return not codes or any(_holds(words, _words(code)) for code in codes)


#: The list of each type in a file of definitions: as published, or the numbers of chosen members.
WRITTEN: Final[Mapping[str, str]] = {**LISTS, **{name: f"{name}s" for name in NUMBERED}}


def read_definition(table: Mapping[str, Any]) -> Definition:
    """
    A group as a file defines it, with the lists under the names of the standard.

    Raises:
        InvalidConfiguration: a member nobody knows, or one of another type; `definition_faults` judges the rest.
    """
    texts = {"number", "name"}
    arrays = {"types", "addresses", *WRITTEN.values()}
    faults = [f"{name!r} is not a member of an aggregation" for name in table.keys() - texts - arrays - {"regions"}]
    faults += [f"{name} must be a text" for name in texts if not isinstance(table.get(name), str)]
    for name in arrays & table.keys():
        if not isinstance(table[name], list) or not all(isinstance(each, str) and each for each in table[name]):
            faults.append(f"{name} must be an array of texts")
    regions = table.get("regions", [])
    if not isinstance(regions, list) or not all(isinstance(each, Mapping) for each in regions):
        faults.append("regions must be an array of tables")
    if faults:
        raise InvalidConfiguration([f"{table.get('number', 'aggregation')}: {fault}" for fault in sorted(faults)])
    return Definition(
        number=table["number"],
        name=table["name"],
        types=tuple(dict.fromkeys(table.get("types", ()))),
        lists={name: frozenset(table[written]) for name, written in WRITTEN.items() if written in table},
        addresses=tuple(table.get("addresses", ())),
        regions=tuple(regions),
    )


def definition_faults(definition: Definition) -> Iterator[str]:
    """Everything that keeps a group from being what its types say (10.7.2, 10.7.4)."""
    types = set(definition.types)
    if not definition.number or not definition.name:
        yield "number and name must not be empty"
    if unknown := sorted(types - TYPES):
        yield f"types: {unknown[0]!r} is not an Aggregation Type"
    if len(types.intersection((*OPEN_TYPES, CONFIDENTIAL))) != 1:
        yield f"types: exactly one of {', '.join((*OPEN_TYPES, CONFIDENTIAL))} says who may know of it"
    for name in sorted({*LISTS, *NUMBERED} & types):
        if not definition.lists.get(name):
            yield f"{WRITTEN[name]}: type {name} needs at least one"
    for name in sorted(definition.lists.keys() - types):
        yield f"types: {name} is missing, although its list is there"
    if not definition.lists and not any(region.get("postal_codes") for region in definition.regions):
        yield "nothing says what belongs to it: give at least one list"
    if any(len(each) != 2 or not each.isupper() for each in definition.lists.get("country", ())):
        yield "countries: each has two capital letters (ISO 3166)"
    for place, region in enumerate(definition.regions):
        yield from (f"regions[{place}]: {fault}" for fault in _region_faults(region))


def cut(definition: Definition, found: Sequence[Connection]) -> list[list[Connection]]:
    """
    The parts of a group that is too large for one list; none when it is not.

    Args:
        found: what belongs to it.
    """
    parts: list[list[Connection]] = []
    counted: dict[Kind, set[str]] = {}
    for connection in found:
        ids: dict[Kind, set[str]] = {}
        for kind, object_id in connection.ids():
            ids.setdefault(kind, set()).add(object_id)
        full = any(len(counted.get(kind, set()) | more) > most(definition.types, kind) for kind, more in ids.items())
        if full or not parts:
            parts.append([])
            counted = {}
        parts[-1].append(connection)
        for kind, more in ids.items():
            counted.setdefault(kind, set()).update(more)
    return parts if len(parts) > 1 else []


def most(types: Iterable[str], kind: Kind) -> int:
    """How many members of a kind a group lists before it is cut."""
    return _MOST_NUMBERED if any(NUMBERED.get(each) is kind for each in types) else _MOST


def _described(connection: Connection) -> dict[str, frozenset[str]]:
    """What there is of each list that is judged by the connection as a whole."""
    point = connection.point
    return {
        "servicepoint_number": _one(point.number),
        "servicepoint_type": point.types,
        "premise_number": point.numbers,
    }


def _region_faults(region: Mapping[str, Any]) -> Iterator[str]:
    types = set(region.get("types", ()))
    for name in ("id", "name"):
        if not isinstance(region.get(name), str) or not region[name]:
            yield f"{name} is missing"
    if not types or not types <= {GEOGRAPHIC, *REGION_LISTS}:
        yield f"types are among {', '.join((GEOGRAPHIC, *REGION_LISTS))}"
    for name in sorted(types & REGION_LISTS.keys()):
        if not region.get(REGION_LISTS[name]):
            yield f"{REGION_LISTS[name]}: type {name} needs at least one"
    if GEOGRAPHIC in types:
        fault = geojson_fault(region.get("geojson"))
        if fault is not None:
            yield f"geojson {fault}"


def _one(value: str | None) -> frozenset[str]:
    return frozenset() if value is None else frozenset({value})


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _holds(words: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the wanted words stand one after the other among these."""
    size = len(wanted)
    return bool(size) and any(list(words[at : at + size]) == list(wanted) for at in range(len(words) - size + 1))


def ids_of(found: Iterable[Connection]) -> dict[tuple[str, Kind, str], None]:
    """Customer, kind and id of everything in these connections, each once, in order."""
    each = (((connection.customer_id, kind, one) for kind, one in connection.ids()) for connection in found)
    return dict.fromkeys(chain.from_iterable(each))
