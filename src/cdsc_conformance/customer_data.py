"""What Grants of Customer Data open: the kit agrees to every scope twice, to all of it and to the least of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from cdsc_conformance import facts
from cdsc_conformance.conditions.asking import details, fields
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Unmet
from cdsc_conformance.people import Person
from cdsc_conformance.registration import MOST_PAGES

if TYPE_CHECKING:
    from cdsc_conformance.flows import Flow
    from cdsc_conformance.session import Session

SELECTION: Final = "authorization_form_selection_type"
VALUE_TYPES: Final = "include_usage_segment_value_types"

#: The authorization details field that names objects of each selection, their listing, their number and their id.
NUMBERS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "account_selection": ("account_numbers", "accounts", "account_number", "cds_account_id"),
    "service_contract_selection": (
        "contract_numbers",
        "service_contracts",
        "contract_number",
        "cds_servicecontract_id",
    ),
    "servicepoint_selection": ("servicepoint_numbers", "service_points", "servicepoint_number", "cds_servicepoint_id"),
    "meter_device_selection": ("meter_numbers", "meter_devices", "meter_number", "cds_meterdevice_id"),
}

#: Scope types without data of their own to read.
_WITHOUT_DATA: Final = ("cds_aggregation_consent",)

#: The field that must not be null, by scope type.
_PROGRAMS: Final = {"cds_account_programs": "account_programs", "cds_service_programs": "service_programs"}

Thing = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """A listing as one token sees it."""

    pages: tuple[Exchange, ...]
    objects: tuple[Thing, ...]
    #: The page that each object stands on.
    sources: tuple[Exchange, ...] = ()


class Access:
    """One agreement to one scope, and what its token reads."""

    def __init__(self, session: Session, scope: Thing, flow: Flow) -> None:
        self.session, self.scope, self.flow = session, scope, flow
        self.type = str(scope.get("type"))
        told = flow.tokens.object().get("authorization_details")
        entries = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
        #: The entry as granted, with the defaults of what was not asked for.
        self.entry: Thing = next(iter(entries), {})
        #: The include fields that are true, by the Grant or by the scope itself.
        self.opened = frozenset(
            [name for name, value in self.entry.items() if name.startswith("include_") and value]
        ) | frozenset(facts.access(self.type).get("implied", ()))
        self._listings: dict[str, Listing] = {}
        self._found: dict[str, dict[str, Thing]] = {}

    def __str__(self) -> str:
        return f"scope {self.scope.get('id')}"

    @cached_property
    def granted(self) -> Thing:
        """The entry as the Grants API tells it; empty when it lists no such Grant."""
        found = self.session.code_client.grants(grant_ids=" ".join(self.flow.grant_ids))
        told = next(iter(found), {}).get("authorization_details")
        entries = [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
        return next(iter(entries), {})

    def get(self, name: str, **filters: str) -> Exchange:
        """
        The first page of a listing.

        Raises:
            Unmet: the metadata has no address for it.
        """
        url = self.session.endpoint(facts.listings()[name]["api"])
        return self.session.http.send("GET", url, bearer=self.flow.access_token, params=filters or None)

    def listing(self, name: str) -> Listing:
        """Every page of a listing; without pages when the server has no such listing."""
        if name not in self._listings:
            self._listings[name] = self._read(name)
        return self._listings[name]

    def objects(self, name: str) -> tuple[Thing, ...]:
        """All that a listing holds for this token."""
        return self.listing(name).objects

    def filtered(self, name: str, **filters: str) -> Listing:
        """A listing limited by filters, every page of it."""
        return self._pages(name, self.get(name, **filters))

    def find(self, name: str, object_id: object) -> Thing | None:
        """The object of a listing with this id."""
        if name not in self._found:
            self._found[name] = dict(zip(ids(name, self.objects(name)), self.objects(name), strict=True))
        return self._found[name].get(str(object_id))

    def sourced(self, name: str) -> list[tuple[Thing, Exchange]]:
        """All that a listing holds, each with the page it stands on."""
        return list(zip(self.listing(name).objects, self.listing(name).sources, strict=True))

    def pages(self) -> list[Exchange]:
        """The first page of each listing that holds something."""
        opened = [self.listing(name) for name in facts.listings() if self.gives(name)]
        return [each.pages[0] for each in opened if each.objects]

    def gives(self, name: str) -> bool:
        """Whether the scope or a true include field gives access to the objects of a listing."""
        return facts.listings()[name]["include"] in self.opened

    def _read(self, name: str) -> Listing:
        if facts.listings()[name]["api"] not in self.session.authorization_server.body:
            return Listing((), ())
        return self._pages(name, self.get(name))

    def _pages(self, name: str, first: Exchange) -> Listing:
        pages, found = [first], [(each, first) for each in _listed(first, name)]
        while isinstance(url := pages[-1].object().get("next"), str) and len(pages) < MOST_PAGES:
            pages.append(self.session.http.send("GET", url, bearer=self.flow.access_token))
            found += [(each, pages[-1]) for each in _listed(pages[-1], name)]
        return Listing(tuple(pages), tuple(each for each, _ in found), tuple(page for _, page in found))


class Consents:
    """Agreements to every scope of Customer Data that the kit's Client Object holds."""

    def __init__(self, session: Session) -> None:
        from cdsc_conformance.flows import account  # it stands on the session, and the session on this module

        self._session = session
        # Signed in once: a password for each of dozens of agreements would be most of the time they take.
        self._person = Person(session.http, account(session))
        #: Why a scope could not be agreed to, by its id.
        self.refused: dict[str, str] = {}
        self._variants: dict[tuple[str, str], Access | Unmet] = {}
        self.open = list(self._agreements(yes=True))
        self.closed = list(self._agreements(yes=False))
        if not self.open:
            raise Unmet(next(iter(self.refused.values()), "people are asked about no scope of Customer Data"))

    @property
    def signed_in(self) -> int:
        """How often the person was asked for a password so far."""
        return self._person.signed_in

    @property
    def all(self) -> list[Access]:
        """Those to all, then those to the least."""
        return [*self.open, *self.closed]

    def least(self, access: Access) -> Access | None:
        """The agreement to the least of the same scope."""
        return next((each for each in self.closed if each.scope is access.scope), None)

    def agree(self, scope: Thing, values: Mapping[str, Any] | None = None, *, yes: bool = True) -> Access:
        """
        Another agreement.

        Args:
            values: fields of the entry that differ.
            yes: to all that the scope offers, else to the least.

        Raises:
            Unmet: the person could not agree, or the Client got no token.
        """
        asked = details({**entry(scope, yes=yes), **(values or {})})
        state = f"kit-data-{len(self._session.http.exchanges)}"
        flow = self._session.code_client.flow(self._person, scope=None, authorization_details=asked, state=state)
        return Access(self._session, scope, flow)

    def variant(self, scope: Thing, values: Mapping[str, Any]) -> Access:
        """
        An agreement to all that a scope offers but for these values, made once.

        Raises:
            Unmet: as `agree`.
        """
        key = str(scope.get("id")), repr(sorted(values.items()))
        if key not in self._variants:
            try:
                self._variants[key] = self.agree(scope, values)
            except Unmet as fault:
                self._variants[key] = fault
        found = self._variants[key]
        if isinstance(found, Unmet):
            raise Unmet(str(found))
        return found

    def _agreements(self, *, yes: bool) -> Iterator[Access]:
        held = str(self._session.code_client.client.get("scope")).split()
        for _, scope in self._session.consent_scopes():
            kind = scope.get("type")
            if not facts.access(kind) or kind in _WITHOUT_DATA or scope.get("id") not in held:
                continue
            try:
                yield self.agree(scope, yes=yes)
            except Unmet as fault:
                self.refused[str(scope.get("id"))] = str(fault)


def entry(scope: Thing, *, yes: bool) -> Thing:
    """
    An authorization_details entry for all that a scope offers, or for the least.

    Raises:
        Unmet: a required field that the kit has no value for.
    """
    types = scope.get("authorization_details_types_supported") or [scope.get("id")]
    asked: Thing = {"type": types[0]}
    for field in fields(scope):
        name, form = str(field.get("id")), str(field.get("format"))
        choices = [each.get("id") for each in field.get("choices") or [] if isinstance(each, dict)]
        if name == VALUE_TYPES:
            asked[name] = choices if yes else None
        elif name.startswith("include_") and form == "boolean":
            asked[name] = yes
        elif yes and name in _WINDOW and form.startswith("relative_or_absolute"):
            asked[name] = field.get("maximum")
        elif name == _PROGRAMS.get(str(scope.get("type"))):
            asked[name] = choices
        elif field.get("is_required") is True:
            raise Unmet(f"scope {scope.get('id')} needs {name}, and the kit has no value for it")
    return asked


_WINDOW: Final = (
    "statement_date_start",
    "statement_date_end",
    "start_date",
    "end_date",
    "segment_start",
    "segment_end",
)


def ids(name: str, objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """The ids of objects of a listing, in their order."""
    key = facts.listings()[name]["id"]
    return [str(each.get(key)) for each in objects]


def reached(access: Access, thing: Mapping[str, Any], path: Iterable[str]) -> set[Any]:
    """What a path of members leads to, from an object through those that it names, as far as the token sees them."""
    found: set[Any] = set()
    first, *rest = path
    value = thing.get(first)
    for each in value if isinstance(value, list) else [value]:
        if not rest:
            found.add(each)
        elif (target := access.find(TARGETS[first], each)) is not None:
            found |= reached(access, target, rest)
    return found


#: The listing whose ids a member holds.
TARGETS: Final[Mapping[str, str]] = {
    "cds_account_id": "accounts",
    "cds_account_parent": "accounts",
    "cds_billstatement_id": "bill_statements",
    "current_servicecontracts": "service_contracts",
    "previous_servicecontracts": "service_contracts",
    "current_servicepoints": "service_points",
    "previous_servicepoints": "service_points",
    "related_accounts": "accounts",
    "related_servicecontracts": "service_contracts",
    "related_servicepoints": "service_points",
    "related_meterdevices": "meter_devices",
    "related_meterdevice": "meter_devices",
    "related_billsections": "bill_sections",
    "related_aggregations": "aggregations",
}


def _listed(page: Exchange, name: str) -> list[Thing]:
    value = page.object().get(name)
    listed = isinstance(value, list) and page.status == 200
    return [each for each in value if isinstance(each, dict)] if listed and isinstance(value, list) else []
