"""What a Grant of Customer Data reaches: implied access, what was chosen, relations, windows (CDS-WG3-01 6, 7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.asking import fields
from cdsc_conformance.conditions.customer_listings import REFUSALS
from cdsc_conformance.conditions.customer_objects import Tally, formats
from cdsc_conformance.conditions.detail_fields import length
from cdsc_conformance.customer_data import NUMBERS, SELECTION, TARGETS, VALUE_TYPES, Access, Thing, ids, reached
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.kinds import is_date, is_datetime, is_duration, read_datetime
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

#: Nobody kept the private half: the kit only looks whether the answer can be read without it.
PUBLIC_KEY: Final = {
    "kty": "EC",
    "crv": "P-256",
    "use": "enc",
    "kid": "kit",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}

_SCOPES: Final = tuple(facts.rules("customer_access"))

_IMPLIED: Final = tuple(row for kind in _SCOPES for row in facts.access(kind)["implied"].values() if row)


@condition(*_IMPLIED)
def implied(session: Session) -> Findings:
    """What a scope stands for is opened without being asked for."""
    tally = Tally()
    for access in session.consents.closed:
        for include, row in facts.access(access.type)["implied"].items():
            listed = [name for name, it in facts.listings().items() if it["include"] == include]
            for name in listed:
                page = next(iter(access.listing(name).pages), None)
                status = page.status if page else "nothing"
                tally.look(page or session.authorization_server.exchange)
                tally.judge(row, status == 200, f"{access}: {name} answered {status}")
            for name, it in facts.listings().items():
                for field in facts.fields(it["object"]):
                    if field.opened_row and field.opened_by == include:
                        lacking = [each for each in access.objects(name) if field.name not in each]
                        told = [f"{access}: {several(ids(name, lacking))} has no {field.name}"] if lacking else []
                        if access.objects(name):
                            tally.look(access.listing(name).pages[0])
                            tally.note(row, *told)
    yield from tally.findings(_IMPLIED, "the Client has no scope of this type, or nothing is shared by it")


_SELECTED: Final = tuple(
    line["row"] for kind in _SCOPES for lines in facts.access(kind)["selected"].values() for line in lines
)


@condition(*_SELECTED)
def selected(session: Session) -> Findings:
    """The one thing of several that the Customer leaves chosen decides what is read; the rest is not."""
    tally = Tally()
    for whole in session.consents.open:
        for selection, lines in facts.access(whole.type)["selected"].items():
            for one, chosen in _choosing_one(session, whole, selection):
                for line in lines:
                    name, path = line["listing"], line["path"]
                    faults = _selection_faults(one, whole, line, chosen)
                    tally.look(one.listing(name).pages[0])
                    if any(reached(whole, each, path) - {chosen} for each in whole.objects(name)):
                        tally.note(line["row"], *faults)
    yield from tally.findings(_SELECTED, "the test account has no choice of this kind to make")


def _choosing_one(session: Session, whole: Access, selection: str) -> Iterator[tuple[Access, str]]:
    """An agreement where one of several objects was preselected, with its id; none when it cannot be had."""
    offered = {str(field.get("id")): field for field in fields(whole.scope)}
    member, listing, number, key = NUMBERS[selection]
    choices = [each.get("id") for each in offered.get(SELECTION, {}).get("choices") or []]
    if selection not in choices or member not in offered:
        return
    known = {
        each[number]: each[key]
        for other in session.consents.open
        for each in other.objects(listing)
        if each.get(number)
    }
    reach = {each for thing in _base(whole, selection) for each in thing}
    numbers = [each for each, object_id in known.items() if object_id in reach] or list(known)
    if len(known) < 2 or not numbers:
        return
    chosen = numbers[-1]
    try:
        one = session.consents.agree(whole.scope, {SELECTION: selection, member: [chosen]})
    except Unmet:
        return
    # Where another field of the scope's own leaves nothing of it, the person has chosen all.
    if not one.flow.arrived.ticked:
        yield one, str(known[chosen])


def _base(whole: Access, selection: str) -> Iterator[set[Any]]:
    """The ids that the rows about a selection lead to, from all that the scope shows."""
    for line in facts.access(whole.type)["selected"][selection]:
        for thing in whole.objects(line["listing"]):
            yield reached(whole, thing, line["path"])


def _selection_faults(one: Access, whole: Access, line: Mapping[str, Any], chosen: str) -> list[str]:
    name, path = line["listing"], line["path"]
    key = facts.listings()[name]["id"]
    found = ids(name, one.objects(name))
    parents = {each.get("cds_account_parent") for each in one.objects("accounts")} if name == "accounts" else set()
    strange = [
        str(each[key])
        for each in whole.objects(name)
        if line["only"] and each[key] in found and chosen not in reached(whole, each, path) and each[key] not in parents
    ]
    lost = [
        str(each[key])
        for each in whole.objects(name)
        if chosen in reached(whole, each, path) and each[key] not in found
    ]
    words = f"{one}, {chosen} chosen"
    return [
        *([f"{words}: {several(strange)} is read and was not chosen"] if strange else []),
        *([f"{words}: {several(lost)} is not read"] if lost else []),
    ]


#: Lists of ids that hold only what the token may see: the listing, the member, the rows.
REFERENCES: Final = (
    ("service_points", "current_servicecontracts", ("WG3-01-10.3.1-15",)),
    ("service_points", "previous_servicecontracts", ("WG3-01-10.3.1-16",)),
    ("meter_devices", "current_servicepoints", ("WG3-01-10.4.1-11", "WG3-01-7.2.3-04")),
    ("meter_devices", "previous_servicepoints", ("WG3-01-10.4.1-12",)),
    ("bill_sections", "cds_billstatement_id", ("WG3-01-10.6.1-22",)),
    ("bill_sections", "related_servicecontracts", ("WG3-01-10.6.1-25", "WG3-01-7.2.2-05")),
    ("bill_sections", "related_servicepoints", ("WG3-01-10.6.1-26", "WG3-01-7.2.3-05")),
    ("bill_sections", "related_meterdevices", ("WG3-01-10.6.1-27", "WG3-01-7.2.4-04")),
    ("bill_sections", "related_billsections", ("WG3-01-10.6.1-28",)),
    ("usage_segments", "related_aggregations", ("WG3-01-10.8.1-21",)),
    ("usage_segments", "related_accounts", ("WG3-01-10.8.1-22",)),
    ("usage_segments", "related_servicecontracts", ("WG3-01-10.8.1-23", "WG3-01-7.2.2-05")),
    ("usage_segments", "related_servicepoints", ("WG3-01-10.8.1-24", "WG3-01-7.2.3-05")),
    ("usage_segments", "related_meterdevices", ("WG3-01-10.8.1-25", "WG3-01-7.2.4-04")),
    ("usage_segments", "related_billsections", ("WG3-01-10.8.1-26", "WG3-01-7.2.6-05")),
)  # fmt: skip
_REFERENCE_ROWS: Final = tuple(row for *_, rows in REFERENCES for row in rows)


@condition(*_REFERENCE_ROWS)
def references(session: Session) -> Findings:
    """Every id that an object names belongs to an object that the same token reads."""
    tally = Tally()
    for access in session.consents.all:
        for name, member, (pruned, *opened) in REFERENCES:
            for thing, page in access.sourced(name):
                tally.look(page)
                named = reached(access, thing, [member]) - {None}
                blind = [str(each) for each in named if access.find(TARGETS[member], each) is None]
                where = f"{access}, {ids(name, [thing])[0]}"
                faults = [f"{where}: {member} names {several(blind)}, which the token does not read"] if blind else []
                tally.note(pruned, *faults)
                for row in opened if named else ():
                    tally.note(row, *faults)
    yield from tally.findings(_REFERENCE_ROWS, "nothing that the test account shares names such an object")


#: An included object's Account is readable: the listing and the member that names it.
_OWNERS: Final = (
    ("service_contracts", "cds_account_id", "WG3-01-7.2.1-04"),
    ("bill_statements", "cds_account_id", "WG3-01-7.2.1-04"),
    ("bill_sections", "cds_account_id", "WG3-01-7.2.1-04"),
    ("accounts", "cds_account_parent", "WG3-01-7.2.1-06"),
)

_RELATION_ROWS: Final = (
    *dict.fromkeys(row for *_, row in _OWNERS),
    "WG3-01-6.1.8-24", "WG3-01-7.2.2-04", "WG3-01-7.2.2-09", "WG3-01-7.2.4-06", "WG3-01-7.2.6-06", "WG3-01-10.5.2-09",
    "WG3-01-7.2.8-10",
)  # fmt: skip


@condition(*_RELATION_ROWS)
def relations(session: Session) -> Findings:
    """Accounts come with what is theirs, points with what they connect; nothing hidden is named."""
    tally = Tally()
    for access in session.consents.all:
        for name, member, row in _OWNERS:
            _owners(tally, access, name, member, row)
        both = {"include_service_contracts", "include_meter_devices"} <= access.opened
        if both and access.objects("service_contracts") and access.objects("meter_devices"):
            page = access.listing("service_points").pages[0]
            tally.look(page)
            faults = [] if page.status == 200 and access.objects("service_points") else [f"{access}: no service_points"]
            tally.note("WG3-01-7.2.2-09", *faults)
            tally.note("WG3-01-7.2.4-06", *faults)
        for thing, page in access.sourced("service_points") if access.gives("service_contracts") else ():
            tally.look(page)
            for member in ("current_servicecontracts", "previous_servicecontracts"):
                blind = [
                    str(each) for each in thing.get(member) or [] if access.find("service_contracts", each) is None
                ]
                if thing.get(member):
                    tally.judge("WG3-01-7.2.2-04", not blind, f"{access}: {several(blind)} is not read")
        _charges(tally, access)
        if not access.gives("usage_segments"):
            found = access.objects("usage_segments")
            tally.look(next(iter(access.listing("usage_segments").pages), session.authorization_server.exchange))
            tally.judge("WG3-01-7.2.8-10", not found, f"{access} reads {len(found)} Usage Segments")
    yield from tally.findings(_RELATION_ROWS, "nothing that the test account shares shows this")


def _owners(tally: Tally, access: Access, name: str, member: str, row: str) -> None:
    for thing, page in access.sourced(name) if access.gives("accounts") else ():
        tally.look(page)
        owner = thing.get(member)
        if owner is None:
            continue
        there = access.find("accounts", owner) is not None
        faults = [] if there else [f"{access}, {ids(name, [thing])[0]}: {member} {owner} is not read"]
        tally.note(row, *faults)
        if access.type == "cds_service_bills" and name == "service_contracts":
            tally.note("WG3-01-6.1.8-24", *faults)


def _charges(tally: Tally, access: Access) -> None:
    for thing, page in access.sourced("bill_statements"):
        tally.look(page)
        for charge in thing.get("new_charges") or []:
            named = charge.get("related_billsections")
            if not access.gives("bill_sections"):
                where = f"{access}, charge {charge.get('id')}"
                tally.judge("WG3-01-10.5.2-09", named is None, f"{where}: related_billsections is there")
            elif named:
                blind = [str(each) for each in named if access.find("bill_sections", each) is None]
                tally.judge("WG3-01-7.2.6-06", not blind, f"{access}: {several(blind)} is not read")


#: A bound of a Grant: its field, the listing and member it is about, whether it is a start, its rows.
BOUNDS: Final = (
    ("statement_date_start", "bill_statements", "statement_date", True, "WG3-01-7.3.2-04", "WG3-01-7.3.2-05"),
    ("statement_date_end", "bill_statements", "statement_date", False, "WG3-01-7.3.3-04", "WG3-01-7.3.3-05"),
    ("start_date", "bill_sections", "start_date", True, "WG3-01-7.3.4-04", "WG3-01-7.3.4-05"),
    ("end_date", "bill_sections", "end_date", False, "WG3-01-7.3.5-04", "WG3-01-7.3.5-05"),
    ("segment_start", "usage_segments", "segment_start", True, "WG3-01-7.3.6-04", "WG3-01-7.3.6-05"),
    ("segment_end", "usage_segments", "segment_end", False, "WG3-01-7.3.7-04", "WG3-01-7.3.7-05"),
)
_LIMIT_ROWS: Final = tuple(facts.access(kind)["limits"] for kind in _SCOPES if facts.access(kind)["limits"])
_BOUND_ROWS: Final = (*(held for *_, held, _ in BOUNDS), *_LIMIT_ROWS)


@condition(*_BOUND_ROWS)
def windows(session: Session) -> Findings:
    """Nothing outside the bounds of a Grant is read, and everything inside is."""
    tally = Tally()
    for whole in session.consents.open:
        for field, name, member, starts, row, _ in BOUNDS:
            bound = _middle(whole, name, member) if _offers(whole, field) and name != "usage_segments" else None
            if bound is None:
                continue
            cut = _agreed(session, whole, {field: bound})
            if cut is None:
                continue
            found = ids(name, cut.objects(name))
            tally.look(cut.listing(name).pages[0])
            inside = [
                object_id
                for object_id, each in zip(ids(name, whole.objects(name)), whole.objects(name), strict=True)
                if (each[member] >= bound if starts else each[member] <= bound)
            ]
            fault = f"{cut}, {field} {bound}: {shown(found)} is read, not {shown(inside)}"
            for each in (row, facts.access(whole.type)["limits"]):
                tally.judge(each, sorted(found) == sorted(inside), fault)
    for cut, field, instant, _ in _trimmed(session):
        starts = field == "segment_start"
        tally.look(cut.listing("usage_segments").pages[0])
        odd = [
            each
            for each in cut.objects("usage_segments")
            if (_instant(each[field]) < instant if starts else _instant(each[field]) > instant)
        ]
        told = (
            [f"{cut}, {field} {instant.isoformat()}: {several(ids('usage_segments', odd))} lies outside"] if odd else []
        )
        tally.note("WG3-01-7.3.6-04" if starts else "WG3-01-7.3.7-04", *told)
        tally.note(facts.access(cut.type)["limits"], *told)
    yield from tally.findings(_BOUND_ROWS, "nothing that the test account shares can be parted by a bound")


_TRIM: Final = {
    "segment_start": ("WG3-01-7.3.6-07", "WG3-01-7.3.6-08", "WG3-01-7.3.6-09"),
    "segment_end": ("WG3-01-7.3.7-07", "WG3-01-7.3.7-08"),
}


@condition(*(row for rows in _TRIM.values() for row in rows))
def trimming(session: Session) -> Findings:
    """A segment across a bound is replaced by one of the values inside, beginning at the first of them."""
    tally = Tally()
    for cut, field, _, segment in _trimmed(session):
        first = segment.get("segment_start")
        tally.look(cut.listing("usage_segments").pages[0])
        kept = [each for each in cut.objects("usage_segments") if _follows(each, segment, field)]
        half = len(segment["values"]) // 2
        wanted = segment["values"][half:] if field == "segment_start" else segment["values"][:half]
        where = f"{cut}, {segment['cds_usagesegment_id']} from {first}"
        untrimmed = cut.find("usage_segments", segment["cds_usagesegment_id"])
        whole = untrimmed is not None and untrimmed.get("values") == segment["values"]
        replaced, hidden, *begins = _TRIM[field]
        same = [each for each in kept if each["values"] == wanted]
        tally.judge(replaced, same, f"{where}: no segment has just the values inside")
        tally.judge(hidden, not whole, f"{where}: it is read as it was")
        for row in begins:
            right = [
                each
                for each in same
                if each["interval"] == segment["interval"]
                and len(each["formats"]) == len(segment["formats"])
                and _instant(each["segment_start"]) == _slot(segment, half)
            ]
            tally.judge(row, right, f"{where}: it does not begin at {_slot(segment, half).isoformat()}")
    rows = tuple(row for each in _TRIM.values() for row in each)
    yield from tally.findings(rows, "no Usage Segment of the test account has several values to part")


def _follows(each: Thing, segment: Thing, field: str) -> bool:
    """Whether a segment may be what is left of another: it shares the end that was not cut."""
    other = "segment_end" if field == "segment_start" else "segment_start"
    return _instant(each[other]) == _instant(segment[other]) and each.get("interval") == segment.get("interval")


def _slot(segment: Thing, number: int) -> datetime:
    return _instant(segment["segment_start"]) + timedelta(seconds=float(segment["interval"]) * number)


def _trimmed(session: Session) -> Iterator[tuple[Access, str, datetime, Thing]]:
    """Agreements whose bound parts a segment in the middle: the agreement, field, bound, and the segment as it was."""
    for whole in session.consents.open:
        segment = next((each for each in whole.objects("usage_segments") if len(each.get("values") or []) > 1), None)
        if segment is None or not _offers(whole, "segment_start"):
            continue
        middle = _slot(segment, len(segment["values"]) // 2)
        for field in _TRIM:
            cut = _agreed(session, whole, {field: middle.strftime("%Y-%m-%dT%H:%M:%SZ")})
            if cut is not None:
                yield cut, field, middle, segment
        return


def _agreed(session: Session, whole: Access, values: dict[str, Any]) -> Access | None:
    """The same agreement with other values, made once; None when it cannot be had."""
    try:
        return session.consents.variant(whole.scope, values)
    except Unmet:
        return None


def _offers(access: Access, name: str) -> bool:
    return any(field.get("id") == name for field in fields(access.scope))


def _middle(whole: Access, name: str, member: str) -> str | None:
    """A value that some objects lie before and some after; None when all are alike."""
    found = sorted({str(each[member]) for each in whole.objects(name) if member in each})
    return found[len(found) // 2] if len(found) > 1 else None


def _instant(value: Any) -> datetime:
    return read_datetime(value) if is_datetime(value) else datetime.min.replace(tzinfo=UTC)


_RELATIVE_ROWS: Final = (*(row for *_, row in BOUNDS), "WG3-01-7.3-06", "WG3-01-7.3-07")


@condition(*_RELATIVE_ROWS)
def relative(session: Session) -> Findings:
    """A relative bound is counted from the day of the agreement, back for a start and on for an end."""
    tally = Tally()
    for whole in session.consents.open:
        described = {str(each.get("id")): each for each in fields(whole.scope)}
        spans = {field: span for field, *_ in BOUNDS if (span := _span(described.get(field, {})))}
        access = _agreed(session, whole, spans) if spans else None
        if access is None:
            continue
        tally.look(access.flow.tokens)
        granted = access.granted
        for field, *_, starts, _, row in BOUNDS:
            # 4.7: some scopes begin at the last bill, whatever is asked for.
            if field in spans and access.entry.get(field) not in _bill_dates(whole):
                span, told = spans[field], access.entry.get(field)
                days = days_from_now(told)
                expected = -length(span) if starts else length(span)
                # Months and years differ by their days; a day either way is the zone's.
                near = days is not None and abs(days - expected) <= 2 + length(span) / 100
                tally.judge(row, near, f"{access}: {field} {span} became {shown(told)}")
                same = near and granted.get(field) == told
                told_by_grant = f"{access}: {field} {span} became {shown(granted.get(field))} in the Grant"
                tally.judge("WG3-01-7.3-07" if starts else "WG3-01-7.3-06", same, told_by_grant)
    yield from tally.findings(_RELATIVE_ROWS, "no scope of the Client takes a duration here")


def _span(field: Mapping[str, Any]) -> str:
    """A duration within the limits of a field; empty for none."""
    most = field.get("maximum")
    far = most == "infinite" or (is_duration(most) and length(str(most)) >= 30)
    return "P30D" if far else ""


def _bill_dates(access: Access) -> set[Any]:
    return {each.get("statement_date") for each in access.objects("bill_statements")}


def days_from_now(value: Any) -> float | None:
    """How far a date or datetime lies ahead; negative when it is past, None when it is neither."""
    now = datetime.now(UTC)
    if is_date(value):
        return (datetime.fromisoformat(value).replace(tzinfo=UTC) - now) / timedelta(days=1)
    return (read_datetime(value) - now) / timedelta(days=1) if is_datetime(value) else None


@condition("WG3-01-7.2.8.1-05", "WG3-01-7.2.8.1-06", "WG3-01-7.2.8.1-07")
def value_types(session: Session) -> Findings:
    """Without value types a segment is an empty frame; with some it holds no other."""
    tally = Tally()
    for access in session.consents.closed:
        for thing, page in access.sourced("usage_segments") if access.entry.get(VALUE_TYPES, 0) is None else ():
            tally.look(page)
            where = f"{access}, {thing.get('cds_usagesegment_id')}"
            for member, row in (("values", "WG3-01-7.2.8.1-05"), ("formats", "WG3-01-7.2.8.1-06")):
                told = f"{where}: {member} is {shown(thing.get(member))}"
                tally.judge(row, thing.get(member) == [], told)
    for whole in session.consents.open:
        field = next((each for each in fields(whole.scope) if each.get("id") == VALUE_TYPES), None)
        choices = [
            each for each in (field or {}).get("choices") or [] if isinstance(each.get("usagesegment_format"), dict)
        ]
        if not choices or not whole.objects("usage_segments"):
            continue
        tally.look(whole.listing("usage_segments").pages[0])
        tally.note("WG3-01-7.2.8.1-07", *_unchosen(whole, choices))
        one = _agreed(session, whole, {VALUE_TYPES: [choices[0]["id"]]})
        if one is not None:
            tally.look(one.listing("usage_segments").pages[0])
            tally.note("WG3-01-7.2.8.1-07", *_unchosen(one, choices[:1]))
    rows = tuple(f"WG3-01-7.2.8.1-0{number}" for number in (5, 6, 7))
    yield from tally.findings(rows, "the test account shares no Usage Segment")


def _unchosen(access: Access, choices: list[Thing]) -> list[str]:
    return [
        f"{access}, {thing.get('cds_usagesegment_id')}: {shown(each)} was not chosen"
        for thing in access.objects("usage_segments")
        for each in formats(thing)
        if not any(_fits(each, choice) for choice in choices)
    ]


def _fits(value_format: Thing, choice: Thing) -> bool:
    """Whether a format is the one of a Choice, or a narrower one; ids are told apart by each server as it likes."""
    wanted = choice["usagesegment_format"]
    return all(value_format.get(name) == value for name, value in wanted.items() if name != "id")


@condition("WG3-01-7.4.6-07", "WG3-01-7.4.6-11", "WG3-01-7.4.6-12")
def encryption(session: Session) -> Findings:
    """Without a key listings are plain JSON over HTTPS; with one nobody on the way reads them either."""
    plain = [page for access in session.consents.open if access.entry.get("jwk") is None for page in access.pages()]
    odd = [f"{page.url} is {page.media_type}" for page in plain if page.media_type != "application/json"]
    odd += _open_ways(session, plain)
    yield judge("WG3-01-7.4.6-07", not odd, several(odd), *plain[:3])
    whole = next((each for each in session.consents.open if _offers(each, "jwk") and each.pages()), None)
    access = _agreed(session, whole, {"jwk": PUBLIC_KEY}) if whole else None
    if whole is None or access is None:
        yield from skipped(("WG3-01-7.4.6-11", "WG3-01-7.4.6-12"), "no scope of the Client takes a jwk")
        return
    name = next(name for name in facts.listings() if whole.objects(name))
    page = access.get(name)
    odd = [] if page.status == 200 else [f"{page.url} answered {page.status}"]
    # In quotes, for a short id may stand in any cipher text by chance.
    plain_words = [name, *ids(name, whole.objects(name))]
    odd += [f"{each} can be read as it is" for each in plain_words if f'"{each}"' in page.text]
    yield judge("WG3-01-7.4.6-12", not odd, several(odd), page)
    odd = _open_ways(session, [page])
    yield judge("WG3-01-7.4.6-11", not odd, several(odd), page)


def _open_ways(session: Session, pages: list[Exchange]) -> list[str]:
    return [f"{page.url} is not HTTPS" for page in pages if not (session.loopback or page.url.startswith("https://"))]


@condition("WG3-01-6-02", "WG3-01-10-04")
def ended(session: Session) -> Findings:
    """A Grant is there as soon as its token is, and the next call after its end is refused."""
    access = session.consents.agree(session.consents.open[0].scope)
    named = [grant for grant in session.code_client.grants() if grant.get("grant_id") in access.flow.grant_ids]
    yield judge(
        "WG3-01-6-02", named, "the Grants API lists no Grant that the token names", *session.http.exchanges[-1:]
    )
    name = next(name for name in facts.listings() if access.gives(name))
    before = access.get(name)
    session.code_client.patch(session.code_client.grant(access.flow), {"status": "closed"})
    after = access.get(name)
    done = before.status == 200 and after.status in REFUSALS
    yield judge("WG3-01-10-04", done, f"it answered {before.status}, and {after.status} after the end", before, after)
