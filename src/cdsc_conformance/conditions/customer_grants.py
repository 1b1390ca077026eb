"""What an agreement to Customer Data leaves in the token answer and in the Grant (CDS-WG3-01 6, 7, 9.1, 9.4)."""

from __future__ import annotations

from typing import Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import fields
from cdsc_conformance.conditions.customer_access import days_from_now
from cdsc_conformance.conditions.customer_objects import Tally
from cdsc_conformance.conditions.detail_fields import INFINITE, length
from cdsc_conformance.customer_data import Access, Thing
from cdsc_conformance.findings import Findings, judge
from cdsc_conformance.flows import CALLBACK, account
from cdsc_conformance.kinds import is_date, is_datetime, is_duration
from cdsc_conformance.people import Person
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

#: Fields that only fill in a form (CDS-WG3-01 7.1).
PRESELECTIONS: Final = (
    "account_numbers", "account_programs", "contract_numbers", "service_types", "service_programs",
    "servicepoint_numbers", "servicepoint_types", "premise_numbers", "meter_numbers", "meter_types", "meter_apps",
    "aggregation_numbers", "addresses",
)  # fmt: skip

_SCOPES: Final = tuple(facts.rules("customer_access"))
_DROPPED: Final = tuple(row for kind in _SCOPES for row in facts.access(kind)["dropped"])
_KEPT: Final = tuple(row for kind in _SCOPES for row in facts.access(kind)["kept"].values())


@condition(*_DROPPED, *_KEPT)
def preselections(session: Session) -> Findings:
    """What only filled in the form is forgotten with it; programs that a scope is about stay."""
    tally = Tally()
    for access in session.consents.open:
        it = facts.access(access.type)
        for where, entry in _told(tally, access):
            left = [name for name in PRESELECTIONS if name in entry and name not in it["kept"]]
            rows = it["dropped"][:1] if where == "token" else it["dropped"][-1:]
            for row in rows:
                tally.judge(row, not left, f"{access}: {several(left)} is in the {where}")
            for name, row in it["kept"].items():
                tally.judge(row, entry.get(name), f"{access}: {name} is {shown(entry.get(name))} in the {where}")
    yield from tally.findings((*_DROPPED, *_KEPT), "the Client has no scope of this type")


def _told(tally: Tally, access: Access) -> list[tuple[str, Thing]]:
    """The entry as the token answer and the Grant tell it; the tally looks at the latter."""
    granted = access.granted
    tally.look(access.session.http.exchanges[-1])
    return [("token", access.entry), ("Grant", granted)]


_VALUES: Final = ("WG3-01-7-03", "WG3-01-7.3-02", "WG3-01-7.3-03", "WG3-01-7.3-04")


@condition(*_VALUES)
def values(session: Session) -> Findings:
    """Defaults that were used are told; durations have become dates within the limits of their fields."""
    tally = Tally()
    for access in session.consents.all:
        granted = access.granted
        tally.look(access.flow.tokens)
        for field in fields(access.scope):
            name, form = str(field.get("id")), str(field.get("format"))
            if field.get("default") is not None and name not in PRESELECTIONS:
                tally.judge("WG3-01-7-03", name in access.entry, f"{access}: the token answer lacks {name}")
            if not form.startswith("relative_or_absolute"):
                continue
            for row, entry in (("WG3-01-7.3-02", access.entry), ("WG3-01-7.3-03", granted)):
                value = entry.get(name)
                absolute = value == INFINITE or is_date(value) or is_datetime(value)
                if name in entry:
                    tally.judge(row, absolute, f"{access}: {name} is {shown(value)}")
            limit, value = field.get("maximum"), access.entry.get(name)
            if limit != INFINITE and is_duration(limit) and name in access.entry:
                told = f"{access}: {name} is {shown(value)}, its maximum {limit}"
                days = days_from_now(value)
                # Months and years differ by their days; a day either way is the zone's.
                near = days is not None and abs(days) <= length(str(limit)) * 1.01 + 2
                tally.judge("WG3-01-7.3-04", near, told)
    yield from tally.findings(_VALUES, "no scope of the Client has such a field")


@condition(
    "WG3-01-6-03", "WG3-01-9-01", "WG3-01-9.1-01", "WG3-01-9.1.1-26", "WG3-01-9.1.1-31", "WG3-01-9.1.1-35",
    "WG3-01-9.1.1-36", "WG3-01-9.1.2-02", "WG3-01-9.4-04", "WG3-01-9.4-05",
)  # fmt: skip
def approved(session: Session) -> Findings:
    """A yes becomes a code and a Grant of the scope, found by its state and by a receipt code of its own."""
    client, first = session.code_client, session.consents.open[0]
    flow = session.consents.agree(first.scope).flow
    again = session.consents.agree(first.scope).flow
    coded = "code" in flow.arrived.parameters and flow.arrived.parameters.get("state") == flow.asked["state"]
    for row in ("WG3-01-9-01", "WG3-01-9.1-01", "WG3-01-9.1.1-31"):
        yield judge(row, coded, f"a yes was answered with {shown(flow.arrived.parameters)}", flow.arrived.exchange)
    grant, other = client.grant(flow), client.grant(again)
    evidence = session.http.exchanges[-1:]
    scope = str(first.scope.get("id"))
    types = [each.get("type") for each in grant.get("authorization_details") or []]
    held = scope in str(grant.get("scope")).split() and flow.grant_ids == [grant.get("grant_id")]
    for row in ("WG3-01-6-03", "WG3-01-9.1.1-26"):
        yield judge(row, held and types, f"the Grant has scope {shown(grant.get('scope'))}, not {scope}", *evidence)
    codes, others = (set(each.get("receipt_confirmations") or []) for each in (grant, other))
    yield judge("WG3-01-9.4-05", codes, "the Grant has no receipt code", *evidence)
    yield judge("WG3-01-9.4-04", not codes & others, f"two Grants share {several(sorted(codes & others))}", *evidence)
    for row, name, value in (
        ("WG3-01-9.1.1-35", "states", flow.asked["state"]),
        ("WG3-01-9.1.1-36", "receipt_confirmations", next(iter(sorted(codes)), "none")),
    ):
        found = [each.get("grant_id") for each in client.grants(**{name: value})]
        told = f"{name}={value} found {shown(found)}"
        yield judge(row, found == [grant.get("grant_id")], told, *session.http.exchanges[-1:])
    asked = session.consents.signed_in
    yield judge("WG3-01-9.1.2-02", asked == 1, f"the password was asked for {asked} times", flow.arrived.exchange)


@condition("WG3-01-9.1.1-25")
def declined(session: Session) -> Findings:
    """A no goes back to the Client as access_denied, and nothing comes of it."""
    client = session.code_client
    with Person(session.http, account(session)) as person:
        asked = client.ask("kit-declined-" * 4, state="kit-declined")
        arrived = person.answer(session.endpoint("authorization_endpoint"), asked, CALLBACK, yes=False)
    denied = arrived.parameters.get("error") == "access_denied" and "code" not in arrived.parameters
    made = client.grants(states="kit-declined")
    told = f"a no was answered with {shown(arrived.parameters)}, and made {len(made)} Grants"
    yield judge("WG3-01-9.1.1-25", denied and not made, told, arrived.exchange)
