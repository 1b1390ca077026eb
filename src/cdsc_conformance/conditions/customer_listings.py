"""The listings of Customer Data: addresses, envelopes, segments of a list, filters, search order (CDS-WG3-01 10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.customer_data import Access, Listing, Thing, ids, reached
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.kinds import is_datetime, is_url, read_datetime
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

NOBODY: Final = "kit-no-such-object"

#: Objects up to which a list may not be cut.
WHOLE: Final = 100

#: Status codes of a token that does not reach so far (RFC 6750 3.1).
REFUSALS: Final = (401, 403)


def rows(*names: str) -> tuple[str, ...]:
    """The rows of these names, of every listing that has them."""
    return tuple(each["rows"][name] for each in facts.listings().values() for name in names if name in each["rows"])


def readers(session: Session, name: str) -> list[Access]:
    """The agreements whose token must open a listing."""
    return [each for each in session.consents.all if each.gives(name)]


def richest(session: Session, name: str) -> Access | None:
    """The agreement with most objects in a listing."""
    found = [each for each in readers(session, name) if each.objects(name)]
    return max(found, key=lambda each: (len(each.objects(name)), len(each.opened)), default=None)


def nothing(name: str) -> str:
    """Why a listing cannot be judged."""
    return f"the test account shares nothing that {name} would list"


@condition(*rows("exists", "get", "envelope"), "WG3-01-10-01")
def answers(session: Session) -> Findings:
    """Every token with access gets 200 and an object with the list, next and previous."""
    missing = []
    for name, it in facts.listings().items():
        found, said = readers(session, name), it["rows"]
        if not found:
            yield from skipped([said["exists"], said["get"], said["envelope"]], f"no scope of the Client opens {name}")
            continue
        there = it["api"] in session.authorization_server.body
        missing += [] if there else [it["api"]]
        yield judge(said["exists"], there, f"the metadata has no {it['api']}", session.authorization_server.exchange)
        if not there:
            yield from skipped([said["get"], said["envelope"]], f"the metadata has no {it['api']}")
            continue
        firsts = [(each, each.listing(name).pages[0]) for each in found]
        odd = [f"{each}: {page.url} answered {page.status}" for each, page in firsts if page.status != 200]
        yield judge(said["get"], not odd, several(odd), *_telling(firsts, odd))
        pages = [page for each in found for page in each.listing(name).pages]
        faults = [(page, fault) for page in pages if (fault := _envelope_fault(page, name))]
        yield judge(
            said["envelope"],
            not faults,
            several([fault for _, fault in faults]),
            *([page for page, _ in faults] or pages)[:3],
        )
    yield judge("WG3-01-10-01", not missing, f"{several(missing)} is missing", session.authorization_server.exchange)


def _telling(firsts: Iterable[tuple[Access, Exchange]], odd: Sequence[str]) -> list[Exchange]:
    return [page for _, page in firsts if page.status != 200 or not odd][:3]


def _envelope_fault(page: Exchange, name: str) -> str:
    body = page.object()
    if not isinstance(body.get(name), list):
        return f"{name} is {shown(body.get(name))}"
    for link in ("next", "previous"):
        if link not in body or not (body[link] is None or is_url(body[link])):
            return f"{link} is {shown(body[link]) if link in body else 'missing'}"
    return ""


@condition(*rows("whole", "next", "previous", "none"))
def segments(session: Session) -> Findings:
    """A short list comes whole; a long one neither loses nor repeats, forward and back; an empty one is []."""
    for name, it in facts.listings().items():
        said = it["rows"]
        read = [each.listing(name) for each in readers(session, name) if each.listing(name).pages]
        short = [each for each in read if len(each.objects) <= WHOLE]
        odd = [f"{len(each.objects)} objects came in {len(each.pages)} parts" for each in short if len(each.pages) > 1]
        yield from _judged(said["whole"], short, odd, nothing(name))
        faults = [fault for each in read for fault in _forward(name, each)]
        yield from _judged(said["next"], read, faults, nothing(name))
        faults = [fault for each in readers(session, name) for fault in _back(name, each)]
        yield from _judged(said["previous"], read, faults, nothing(name))
        empty = [each for each in read if not each.objects]
        odd = [f"{name} is {shown(each.pages[0].object().get(name))}" for each in empty if _not_empty(each, name)]
        yield from _judged(said["none"], empty, odd, f"every token of the test account has something in {name}")


def _not_empty(listing: Listing, name: str) -> bool:
    found: object = listing.pages[0].object().get(name)
    return found != []


def _judged(row: str, read: Sequence[Listing], faults: Sequence[str], otherwise: str) -> Findings:
    if read:
        yield judge(row, not faults, several(faults), *[page for each in read for page in each.pages][-3:])
    else:
        yield from skipped(row, otherwise)


def _forward(name: str, listing: Listing) -> list[str]:
    found = ids(name, listing.objects)
    twice = sorted({each for each in found if found.count(each) > 1})
    odd = [f"{several(twice)} is listed twice"] if twice else []
    return odd if listing.pages[-1].object().get("next") is None else [*odd, "next never becomes null"]


def _back(name: str, access: Access) -> list[str]:
    pages = access.listing(name).pages
    if not pages:
        return []
    first = pages[0].object().get("previous")
    odd = [] if first is None else [f"the first part has previous {shown(first)}"]
    for before, after in pairwise(pages[:3]):
        url = str(after.object().get("previous"))
        there = access.session.http.send("GET", url, bearer=access.flow.access_token) if is_url(url) else after
        if there.object().get(name) != before.object().get(name):
            odd.append(f"previous of {after.url} does not lead to the part before")
    return odd


@condition(*rows("within"), "WG3-01-10-04")
def access(session: Session) -> Findings:
    """A listing holds nothing for a token that no scope or field gives access, and is shut to anything else."""
    strangers = []
    for name, it in facts.listings().items():
        if it["api"] not in session.authorization_server.body:
            yield from skipped(it["rows"]["within"], f"the metadata has no {it['api']}")
            continue
        url = session.endpoint(it["api"])
        admin = session.registered.call("GET", url)
        nobody = session.http.send("GET", url)
        strangers += [each for each in (admin, nobody) if each.status not in REFUSALS]
        without = [each for each in session.consents.all if not each.gives(name) and not _reaches(each, name)]
        odd = [f"{each} opens {len(each.objects(name))} of them" for each in without if each.objects(name)]
        least = [(each, session.consents.least(each)) for each in session.consents.open]
        # Usage Segments that other bounds cut have other ids (7.3.6).
        odd += [
            f"{few} with the least shows {several(more)}, which it does not with all"
            for many, few in least
            if few is not None
            and name != "usage_segments"
            and (more := sorted({*ids(name, few.objects(name))} - {*ids(name, many.objects(name))}))
        ]
        yield judge(it["rows"]["within"], not odd, several(odd), *session.http.exchanges[-1:])
    odd = [f"{each.url} answered {each.status} to a token without a Grant of data" for each in strangers]
    yield judge("WG3-01-10-04", not odd, several(odd), *(strangers or session.http.exchanges[-1:]))


def _reaches(access: Access, name: str) -> bool:
    """Whether a listing opens although its field is not true: contracts and meters bring the points between them."""
    both = {"include_service_contracts", "include_meter_devices"}
    return name == "service_points" and both <= access.opened


@condition(
    *(line["row"] for each in facts.listings().values() for line in each["filters"]),
    *rows("intersection", "null_never"),
)
def filters(session: Session) -> Findings:
    """Each filter keeps what has one of its values, several filters keep what all of them keep."""
    for name, it in facts.listings().items():
        kept: dict[str, str] = {}
        reader = richest(session, name)
        if reader is None:
            yield from skipped([line["row"] for line in it["filters"]], nothing(name))
            yield from skipped(it["rows"]["intersection"], nothing(name))
            continue
        for line in it["filters"]:
            source = reader if _shown_values(reader, name, line) else _reader_of(session, name, line)
            cases = _bounds(source, name, line) if line.get("bound") else _values(source, name, line)
            if not cases:
                yield from skipped(line["row"], f"no object of {name} shows a value for {line['name']}")
                continue
            kept = {**kept, line["name"]: next(iter(cases))} if source is reader else kept
            faults = [_case_fault(source, name, {line["name"]: value}, wanted) for value, wanted in cases.items()]
            evidence = session.http.exchanges[-len(cases) :]
            yield judge(line["row"], not any(faults), several([each for each in faults if each]), *evidence)
        yield from _intersection(reader, name, kept)
        yield from _never_null(session, name)


def _reader_of(session: Session, name: str, line: Mapping[str, Any]) -> Access:
    """The agreement that shows most values for a filter."""
    return max(readers(session, name), key=lambda each: len(_shown_values(each, name, line)))


def _shown_values(access: Access, name: str, line: Mapping[str, Any]) -> list[Any]:
    """Every value of a filter that the listing shows, each once, in its order."""
    path = _path(line)
    values = [value for thing in access.objects(name) for value in sorted(reached(access, thing, path), key=str)]
    return [each for each in dict.fromkeys(values) if isinstance(each, str) and each and " " not in each]


def _path(line: Mapping[str, Any]) -> list[str]:
    return [line["through"], line["member"]] if "through" in line else [line["member"]]


def _values(access: Access, name: str, line: Mapping[str, Any]) -> dict[str, set[str]]:
    """What each value of a filter must keep: one seen, none such, several."""
    values = _shown_values(access, name, line)
    if not values:
        return {}

    def kept(*wanted: str) -> set[str]:
        path = _path(line)
        return {each for each, thing in _by_id(access, name) if reached(access, thing, path) & set(wanted)}

    cases = {values[-1]: kept(values[-1]), NOBODY: set[str]()}
    few = (values[0], values[-1], NOBODY)
    return {**cases, " ".join(few): kept(*few)}


def _bounds(access: Access, name: str, line: Mapping[str, Any]) -> dict[str, set[str]]:
    """What a bound that some objects meet and others do not must keep."""
    found = [(each, thing[line["member"]]) for each, thing in _by_id(access, name) if line["member"] in thing]
    if not found:
        return {}
    bound = sorted((value for _, value in found), key=_instant)[len(found) // 2]
    if line["name"] == "before":
        return {bound: {each for each, value in found if _instant(value) <= _instant(bound)}}
    return {bound: {each for each, value in found if _instant(value) >= _instant(bound)}}


def _instant(value: Any) -> str:
    """Something that orders dates, and instants of any offset."""
    return str(read_datetime(value).timestamp()).zfill(20) if is_datetime(value) else str(value)


def _by_id(access: Access, name: str) -> list[tuple[str, Thing]]:
    objects = access.objects(name)
    return list(zip(ids(name, objects), objects, strict=True))


def _case_fault(access: Access, name: str, asked: dict[str, str], wanted: set[str]) -> str:
    answer = access.filtered(name, **asked)
    found = ids(name, answer.objects)
    words = ", ".join(f"{each}={value}" for each, value in asked.items())
    if answer.pages[0].status != 200:
        return f"{words} was answered {answer.pages[0].status}"
    in_order = [each for each in ids(name, access.objects(name)) if each in wanted]
    return "" if found == in_order else f"{words} gave {shown(found)}, not {shown(in_order)}"


def _intersection(access: Access, name: str, kept: Mapping[str, str]) -> Findings:
    row = facts.listings()[name]["rows"]["intersection"]
    lines = {line["name"]: line for line in facts.listings()[name]["filters"]}
    pairs = [(one, two) for one, two in pairwise(each for each in kept if not lines[each].get("bound"))]
    if not pairs:
        yield from skipped(row, f"{name} cannot be filtered by two things that the test account shows")
        return
    faults = []
    for one, two in pairs[:2]:
        asked = {one: kept[one], two: kept[two]}
        wanted = {
            each
            for each, thing in _by_id(access, name)
            if all(value in reached(access, thing, _path(lines[key])) for key, value in asked.items())
        }
        faults.append(_case_fault(access, name, asked, wanted))
        faults.append(_case_fault(access, name, {**asked, two: NOBODY}, set()))
    yield judge(row, not any(faults), several([each for each in faults if each]), *access.session.http.exchanges[-2:])


def _never_null(session: Session, name: str) -> Findings:
    row = facts.listings()[name]["rows"].get("null_never")
    if row is None:
        return
    found = [
        each for each in readers(session, name) if any(a.get("customer_number", "") is None for a in each.objects(name))
    ]
    if not found:
        yield from skipped(row, "every Account of the test account has a customer_number")
        return
    answer = found[0].filtered(name, customer_numbers="null None")
    yield judge(row, not answer.objects, "an Account without customer_number was matched", *answer.pages)


@condition(*(line["row"] for each in facts.listings().values() for line in each["search"]), *rows("q", "q_hidden"))
def search(session: Session) -> Findings:
    """q keeps what has the term in a field that the standard names and the token sees, ignoring case."""
    for name, it in facts.listings().items():
        if not it["search"]:
            continue
        members = [line["member"] for line in it["search"]]
        faults: list[str] = []
        tried = 0
        for line in it["search"]:
            reader = next((each for each in readers(session, name) if _terms(each, name, line["member"])), None)
            if reader is None:
                yield from skipped(line["row"], f"no object of {name} shows {line['member']}")
                continue
            terms = _terms(reader, name, line["member"])
            said = [fault for term in (terms[0], NOBODY) if (fault := _term_fault(reader, name, members, term))]
            yield judge(line["row"], not said, several(said), *session.http.exchanges[-2:])
            faults, tried = [*faults, *said], tried + 1
        if tried:
            yield judge(it["rows"]["q"], not faults, several(faults), *session.http.exchanges[-1:])
        else:
            yield from skipped(it["rows"]["q"], nothing(name))
        yield from _hidden(session, name, members)


def _terms(access: Access, name: str, member: str) -> list[str]:
    """The inner part of each value of a member, in the other case."""
    values = [value for thing in access.objects(name) for value in _within(thing, member)]
    return [each[1:].swapcase() if len(each) > 3 else each for each in dict.fromkeys(values) if each]


def _within(thing: Thing, member: str) -> list[str]:
    """The texts of `member`, or of `list[].member`."""
    outer, inside, inner = member.partition("[].")
    value = thing.get(outer)
    if inside:
        return [str(each[inner]) for each in value or [] if isinstance(each, dict) and each.get(inner) is not None]
    return [str(each) for each in (value if isinstance(value, list) else [value]) if each is not None]


def _term_fault(access: Access, name: str, members: Sequence[str], term: str) -> str:
    def holds(thing: Thing) -> bool:
        return any(term.casefold() in text.casefold() for each in members for text in _within(thing, each))

    return _case_fault(access, name, {"q": term}, {each for each, thing in _by_id(access, name) if holds(thing)})


def _hidden(session: Session, name: str, members: Sequence[str]) -> Findings:
    """A term from a field that the same person showed to another token, and this one may not see."""
    row = facts.listings()[name]["rows"]["q_hidden"]
    for few in (each for each in session.consents.all if each.gives(name) and each.objects(name)):
        for many in readers(session, name):
            for member in members:
                hidden = [text for thing in many.objects(name) for text in _within(thing, member)]
                if any(_within(thing, member) for thing in few.objects(name)) or not hidden:
                    continue
                fault = _term_fault(few, name, members, hidden[0])
                yield judge(row, not fault, f"{member} is closed to it, and {fault}", *session.http.exchanges[-1:])
                return
    yield from skipped(row, f"every token of the test account sees the same fields of {name}")


@condition(*(line["row"] for each in facts.listings().values() for line in each["order"]))
def order(session: Session) -> Findings:
    """Each listing is sorted as the standard says, and ties by what it names next."""
    for name, it in facts.listings().items():
        read = [each for each in readers(session, name) if len(each.objects(name)) > 1]
        for number, line in enumerate(it["order"]):
            earlier = it["order"][:number]
            pairs = [
                (each, one, two)
                for each in read
                for one, two in pairwise(each.objects(name))
                if all(_key(each, one, key) == _key(each, two, key) is not None for key in earlier)
                and None not in (_key(each, one, line), _key(each, two, line))
            ]
            if not pairs:
                yield from skipped(line["row"], f"no two objects of {name} can be told apart by {line['member']} alone")
                continue
            odd = [
                f"{each}: {shown(_key(each, one, line))} stands before {shown(_key(each, two, line))}"
                for each, one, two in pairs
                if not _sorted(line, _key(each, one, line), _key(each, two, line))
            ]
            yield judge(line["row"], not odd, several(odd), *[each.listing(name).pages[0] for each in read][:3])


def _sorted(line: Mapping[str, Any], one: Any, two: Any) -> bool:
    return bool(one >= two if line["descending"] else one <= two)


#: Sort keys that stand on what an object names, not on itself.
_DERIVED: Final = {
    "account_number": "related_accounts",
    "contract_number": "related_servicecontracts",
    "aggregation_number": "related_aggregations",
}


def _key(access: Access, thing: Thing, line: Mapping[str, Any]) -> str | None:
    """What an object is sorted by; None when the token does not see it, or sees several."""
    member = line["member"]
    if member in thing:
        return _instant(thing[member]) if thing[member] is not None else None
    through = _DERIVED.get(member, "")
    named = thing.get(through)
    if not named:
        # Segments of no Aggregation are alike in this.
        return "" if named == [] and member == "aggregation_number" else None
    found = reached(access, thing, [through, member])
    return str(next(iter(found))) if len(found) == 1 and len(named) == 1 and None not in found else None
