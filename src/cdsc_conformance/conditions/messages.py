"""Messages that a Client can bring about by itself (CDS-WG1-02 2, 5.3, 6, 7.3)."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any, Final

from cdsc_conformance import facts
from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.clients import UPDATABLE, sorted_by
from cdsc_conformance.conditions.credentials import EXPIRY, new, their_now
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.kinds import KINDS, is_base64, is_datetime
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, members, of_kind, rows_of, several, shown

API: Final = "cds_messages_api"
LISTS: Final = ("outstanding", "unread", "read")
MEGABYTE: Final = 1_000_000

#: Related types whose addresses an admin token opens (6.4).
OURS: Final = tuple(f"{name}{end}" for name in ("client", "grant", "message", "credential") for end in ("", "_list"))


def post(session: Session, **members: Any) -> Exchange:
    """The answer to a new Message: a private one unless `members` say other; None leaves a member out."""
    sound = {"previous_uri": None, "type": "private_message", "name": "From the kit", "description": "Hello, server."}
    left_out = [name for name, value in members.items() if value is ...]
    body = {name: value for name, value in {**sound, **members}.items() if name not in left_out}
    return session.changing.call("POST", session.endpoint(API), json_body=body)


def listing(session: Session, **filters: str) -> Exchange:
    """The first page of the Messages listing."""
    return session.changing.call("GET", session.endpoint(API), params=filters or None)


def listed(page: Exchange, *lists: str) -> list[dict[str, Any]]:
    """What lists of a page hold, each Message once."""
    found = [each for name in lists or LISTS for each in page.object().get(name) or [] if isinstance(each, dict)]
    return list({str(each.get("message_id")): each for each in found}.values())


def sandbox(session: Session) -> dict[str, Any]:
    """A Client Object that asks people, and may ask for production."""
    return session.changing.client_with(cds_status_options="sandbox", response_types="code")


def made(answer: Exchange) -> dict[str, Any]:
    """
    The Message an answer holds.

    Raises:
        Unmet: the server took none.
    """
    if answer.status != 201:
        raise Unmet(f"a new Message was answered {answer.status}")
    return answer.object()


@condition("WG1-02-6-01", "WG1-02-6-04", "WG1-02-6.8-01", *rows_of("message_listing"))
def opens(session: Session) -> Findings:
    """The listing opens to an admin token and has its nine members."""
    answer = listing(session)
    opened = answer.status == 200 and all(isinstance(answer.object().get(name), list) for name in LISTS)
    for row in ("WG1-02-6-01", "WG1-02-6-04", "WG1-02-6.8-01"):
        yield judge(row, opened, f"the Messages API answered {answer.status} to an admin token", answer)
    yield from members("message_listing", [("the messages listing", answer.object())], answer)


@condition(*(f"WG1-02-6.9-{number}" for number in ("01", "05", "08", "10", "19", "20", "21", "22", "23", "24")))
def sending(session: Session) -> Findings:
    """A private message is taken as it is, and the server says when, by whom and where."""
    answer = post(session, name="Subject of the kit", description="Body of the kit")
    body = answer.object()
    taken = answer.status == 201 and "message_id" in body
    reason = f"it was answered {answer.status}"
    yield judge("WG1-02-6.9-01", taken, reason, answer)
    wrong = [finding.reason for finding in members("message", [("the Message", body)]) if finding.reason]
    yield judge("WG1-02-6.9-19", taken and not wrong, several(wrong) or reason, answer)
    for number, member, expected in (
        ("05", "previous_uri", None),
        ("08", "name", "Subject of the kit"),
        ("10", "description", "Body of the kit"),
        ("21", "read", True),
        ("22", "creator", session.changing.client_id),
        ("24", "modified", body.get("created")),
    ):
        found = body.get(member, ...)
        yield judge(f"WG1-02-6.9-{number}", found == expected, f"{member} is {shown(found)}", answer)
    fault = kind_fault(body.get("uri"), "url")
    yield judge("WG1-02-6.9-20", not fault, f"uri {fault}", answer)
    yield judge("WG1-02-6.9-23", is_datetime(body.get("created")), f"created is {shown(body.get('created'))}", answer)


@condition(
    *(
        f"WG1-02-{row}"
        for row in ("6.9-25", "6.9-26", "6.9-13", "6.9-15", "6.1-14", "6.1-22", "6.1-23", "6.3-02", "6.3-07")
    )
)
def requests(session: Session) -> Findings:
    """Each type of request is taken with the status it begins with."""
    client = sandbox(session)
    uri, words = str(client["cds_client_uri"]), str(client["scope"]).split()
    asked = [{"scope": words[0], "authorization_details": []}]
    private = post(session)
    support = post(session, type="support_request")
    production = post(session, type="production_request", related_uri=uri)
    grant = post(session, type="grant_request", related_uri=uri, grants_requested=asked)
    complete = private.status == 201 and private.object().get("status") == "complete"
    for row in ("WG1-02-6.9-25", "WG1-02-6.3-02"):
        yield judge(row, complete, f"a private_message has status {shown(private.object().get('status'))}", private)
    found = [(answer.status, answer.object().get("status")) for answer in (support, production, grant)]
    pending = set(found) == {(201, "pending")}
    reason = f"they were answered {found}"
    for row in ("WG1-02-6.9-26", "WG1-02-6.3-07"):
        yield judge(row, pending, reason, support, production, grant)
    production_uri, grant_uri = (answer.object().get("related_uri") for answer in (production, grant))
    yield judge("WG1-02-6.1-22", production_uri == uri, f"related_uri is {shown(production_uri)}", production)
    for row in ("WG1-02-6.1-23", "WG1-02-6.9-15"):
        yield judge(row, grant.status == 201 and grant_uri == uri, f"related_uri is {shown(grant_uri)}", grant)
    fault = kind_fault(grant.object().get("grants_requested"), "objects")
    yield judge("WG1-02-6.1-14", not fault, f"grants_requested {fault}", grant)
    admin = session.changing.body
    wrong = [post(session, type="production_request", related_uri=each) for each in (admin["cds_client_uri"], "x", ...)]
    odd = [f"{answer.request_body} was answered {answer.status}" for answer in wrong if answer.status != 400]
    yield judge("WG1-02-6.9-13", not odd, several(odd), *wrong)


@condition(*(f"WG1-02-{row}" for row in ("6.9-02", "6.9-03", "6.9-06", "6.9-07", "6.9-09", "6.9-12", "6.9-16")))
def refusals(session: Session) -> Findings:
    """What is incomplete or makes no sense is refused with 400."""
    own = str(made(post(session))["uri"])
    uri = str(sandbox(session)["cds_client_uri"])
    submission = {"type": "client_submission", "updates_requested": [{"field": "kit", "description": "answer"}]}
    bare = {**submission, "name": "", "description": ""}
    tried: dict[str, list[dict[str, Any]]] = {
        "02": [{name: ...} for name in ("previous_uri", "type", "name", "description")],
        "03": [bare, {**bare, "previous_uri": own}, {**bare, "previous_uri": "https://kit.example/message"}],
        "06": [{"type": kind} for kind in ("notification", "request_update", "kit_no_such_type", 7)],
        "07": [{**bare, "previous_uri": own, "name": "Subject"}],
        "09": [{**bare, "previous_uri": own, "description": "Body"}],
        "12": [{"type": "grant_request", "related_uri": uri}],
    }
    everything: list[str] = []
    for number, cases in tried.items():
        answers = [post(session, **case) for case in cases]
        odd = [
            f"{answer.request_body[:120]} was answered {answer.status}" for answer in answers if answer.status != 400
        ]
        everything += odd
        yield judge(f"WG1-02-6.9-{number}", not odd, several(odd), *answers[-2:])
    yield judge("WG1-02-6.9-16", not everything, several(everything), *session.http.exchanges[-1:])


@condition("WG1-02-6.6-01", "WG1-02-6.6-02", "WG1-02-6.6-03")
def grant_requests(session: Session) -> Findings:
    """A grant request says scope and authorization_details, of types its Client Object may have."""
    client = sandbox(session)
    uri, word = str(client["cds_client_uri"]), str(client["scope"]).split()[0]
    foreign = [{"type": "kit_no_such_type"}]
    for row, wrong in (
        ("WG1-02-6.6-01", {"authorization_details": []}),
        ("WG1-02-6.6-02", {"scope": word}),
        ("WG1-02-6.6-03", {"scope": word, "authorization_details": foreign}),
    ):
        answer = post(session, type="grant_request", related_uri=uri, grants_requested=[wrong])
        yield judge(row, answer.status == 400, f"{wrong} was answered {answer.status}", answer)


@condition("WG1-02-6.9-04", "WG1-02-6.9-30", "WG1-02-6.11-05", "WG1-02-6.1-03")
def replies(session: Session) -> Findings:
    """A Client replies to Messages it can see, its own included, and to no others."""
    first = made(post(session, type="support_request"))
    reply = post(session, previous_uri=first["uri"])
    strange = post(session, previous_uri="https://kit.example/message")
    linked = reply.status == 201 and reply.object().get("previous_uri") == first["uri"]
    reason = f"a reply was answered {reply.status}, one to a strange address {strange.status}"
    yield judge("WG1-02-6.9-04", linked and strange.status == 400, reason, reply, strange)
    for row in ("WG1-02-6.9-30", "WG1-02-6.11-05", "WG1-02-6.1-03"):
        yield judge(row, linked, reason, reply)


@condition("WG1-02-6.7-01", "WG1-02-6.7-02", "WG1-02-6.7-04", "WG1-02-2-01")
def attachments(session: Session) -> Findings:
    """Attachments are taken whole and come back with name, type and Base64."""
    data = base64.b64encode(bytes(range(256))).decode()
    sound = {"filename": "kit.pdf", "mime_type": "application/pdf", "data": data}
    answer = post(session, attachments=[sound])
    back = answer.object().get("attachments") or [{}]
    alone = session.changing.call("GET", str(answer.object().get("uri"))).object().get("attachments") or [{}]
    for row, member, holds in (
        ("WG1-02-6.7-01", "filename", lambda value: value == "kit.pdf"),
        ("WG1-02-6.7-02", "mime_type", KINDS["media_type"][0]),
        ("WG1-02-6.7-04", "data", lambda value: value == data),
    ):
        odd = [shown(each[0].get(member)) for each in (back, alone) if not holds(each[0].get(member))]
        yield judge(row, not odd, f"{member} is {several(odd)}", answer, *session.http.exchanges[-1:])
    wrong = post(session, attachments=[{**sound, "data": "not Base64!"}])
    fits = is_base64(back[0].get("data")) and wrong.status == 400
    yield judge("WG1-02-2-01", fits, f"what is no Base64 was answered {wrong.status}", answer, wrong)


@condition("WG1-02-5.3-11", "WG1-02-7.3-12", "WG1-02-7.3-14", "WG1-02-6.1-06", "WG1-02-6.1-07")
def changelog(session: Session) -> Findings:
    """Changes of Client Objects and Credentials are told by unread Messages of the server."""

    def told(row: str, what: str, change: Exchange, known: set[str]) -> Findings:
        page = listing(session)
        fresh = [each for each in listed(page) if str(each.get("message_id")) not in known]
        yield judge(row, bool(fresh), f"no Message tells that {what}", change, page)

    def known() -> set[str]:
        return {str(each.get("message_id")) for each in listed(listing(session))}

    before = known()
    client = session.changing.client_with(response_types="code")
    body = {name: client[name] for name in ("client_id", *UPDATABLE) if name in client}
    body["client_name"] = "Conformance kit, told of"
    change = session.changing.call("PUT", str(client["cds_client_uri"]), json_body=body)
    yield from told("WG1-02-5.3-11", "a Client Object was modified", change, before)
    before = known()
    credential = new(session)
    yield from told("WG1-02-7.3-12", "a Credential was added", session.http.exchanges[-1], before)
    before = known()
    moved = session.changing.call("PATCH", str(credential["uri"]), json_body={EXPIRY: their_now(credential) + 90_000})
    yield from told("WG1-02-7.3-14", "a Credential was modified", moved, before)
    page = listing(session)
    servers = [each for each in listed(page) if each.get("creator") is None]
    odd = [str(each.get("message_id")) for each in servers if each.get("read") is not False]
    yield judge("WG1-02-6.1-06", bool(servers) and not odd, f"{several(odd)} of the server is read already", page)
    creators = {each.get("creator") for each in listed(page)} - {None}
    right = bool(servers) and creators <= {session.changing.client_id}
    yield judge("WG1-02-6.1-07", right, f"creators are {creators} and null", page)


@condition(
    *rows_of("message"), *(f"WG1-02-{row}" for row in ("6.2-01", "6.3-01", "6.4-01", "6.1-25", "6.4-03", "6.10-01"))
)
def shape(session: Session) -> Findings:
    """Every Message has every member it must have, in the listing and alone."""
    page = listing(session)
    named = [(f"Message {each.get('message_id')}", each) for each in listed(page)]
    yield from members("message", named, page)
    for row, kind in (
        ("WG1-02-6.2-01", "one of message_types"),
        ("WG1-02-6.3-01", "one of message_statuses"),
        ("WG1-02-6.4-01", "one of message_related_types"),
    ):
        faults = of_kind("message", (kind,), named)
        yield judge(row, not faults, several(faults), page)
    related = [(where, each) for where, each in named if each.get("related_uri")]
    bare = [where for where, each in related if "related_type" not in each]
    if related:
        yield judge("WG1-02-6.1-25", not bare, f"{several(bare)}: related_uri without related_type", page)
    else:
        yield from skipped("WG1-02-6.1-25", "no Message has a related_uri")
    links = {str(each["related_uri"]) for _, each in related if each.get("related_type") in OURS}
    if links:
        shut = [url for url in sorted(links) if session.changing.call("GET", url).status != 200]
        yield judge("WG1-02-6.4-03", not shut, f"{several(shut)} does not open to an admin token", page)
    else:
        yield from skipped("WG1-02-6.4-03", "no Message links to an object of the APIs")
    faults = []
    for where, each in named[:5]:
        answer = session.changing.call("GET", str(each.get("uri")))
        if answer.status != 200 or answer.object() != each:
            faults.append(f"{where}: its uri answered {answer.status} with another Message")
    yield judge("WG1-02-6.10-01", not faults, several(faults), page, *session.http.exchanges[-1:])


@condition(*(f"WG1-02-6.8-{number}" for number in ("02", "04", "06", "08", "09", "13", "11", "12")))
def lists(session: Session) -> Findings:
    """Outstanding, unread and read hold what their names say, last modified first, and can be filtered."""
    for kind in ("private_message", "support_request"):
        made(post(session, type=kind))
    page = listing(session)
    body = page.object()
    for row, name, member, values in (
        ("02", "outstanding", "status", ("open", "pending")),
        ("04", "unread", "read", (False,)),
        ("06", "read", "read", (True,)),
    ):
        odd = [str(each.get("message_id")) for each in body.get(name) or [] if each.get(member) not in values]
        yield judge(f"WG1-02-6.8-{row}", not odd, f"{name} holds {several(odd)}", page)
    seen = {str(each.get("message_id")) for each in listed(page, "unread", "read")}
    whole = body.get("unread_next") is body.get("read_next") is None
    lost = [
        str(each.get("message_id")) for each in body.get("outstanding") or [] if str(each.get("message_id")) not in seen
    ]
    if whole:
        yield judge("WG1-02-6.8-08", not lost, f"{several(lost)} is outstanding, and neither read nor unread", page)
    else:
        yield from skipped("WG1-02-6.8-08", "the lists have more than one segment")
    for name in LISTS:
        yield from sorted_by("WG1-02-6.8-13", "modified", body.get(name) or [], page)
    ids = [str(each.get("message_id")) for each in listed(page)][:2]
    some = listing(session, message_ids=" ".join(ids))
    none = listing(session, message_ids="kit-no-such-message")
    found = {str(each.get("message_id")) for each in listed(some)}
    right = found == set(ids) and not listed(none)
    yield judge("WG1-02-6.8-09", right, f"message_ids={' '.join(ids)} gave {sorted(found)}", some, none)
    yield from _segments(session, body)


@condition(*(f"WG1-02-6.11-{number}" for number in ("01", "02", "03", "06", "07", "08")))
def marking(session: Session) -> Findings:
    """A PATCH marks a Message as read or unread and changes nothing else."""
    message = made(post(session))
    uri = str(message["uri"])

    def patched(body: dict[str, Any]) -> Exchange:
        return session.changing.call("PATCH", uri, json_body=body)

    answers = [patched({"read": value}) for value in (False, True)]
    right = [
        answer.status == 200 and answer.object().get("read") is value
        for answer, value in zip(answers, (False, True), strict=True)
    ]
    for row in ("WG1-02-6.11-01", "WG1-02-6.11-03", "WG1-02-6.11-08"):
        yield judge(row, all(right), f"they were answered {[answer.status for answer in answers]}", *answers)
    nothing = patched({})
    yield judge("WG1-02-6.11-02", _same(nothing, message), f"an empty PATCH was answered {nothing.status}", nothing)
    wrong = patched({"read": "yes"})
    yield judge("WG1-02-6.11-06", wrong.status == 400, f"read yes was answered {wrong.status}", wrong)
    ignored = patched({"status": "rejected", "name": "Another", "creator": None})
    reason = f"members that cannot be changed were answered {ignored.status}"
    yield judge("WG1-02-6.11-07", _same(ignored, message), reason, ignored)


@condition("WG1-02-6.9-17", "WG1-02-6.9-18")
def size_of_attachments(session: Session) -> Findings:
    """Ten megabytes are taken; what is above the limit is answered 413. Last, since large Messages fill listings."""

    def sized(megabytes: int) -> Exchange:
        data = base64.b64encode(bytes(megabytes * MEGABYTE)).decode()
        return post(
            session, attachments=[{"filename": "kit.bin", "mime_type": "application/octet-stream", "data": data}]
        )

    ten = sized(10)
    yield judge("WG1-02-6.9-18", ten.status == 201, f"ten megabytes were answered {ten.status}", _short(ten))
    more = sized(40)
    if more.status == 201:
        yield from skipped("WG1-02-6.9-17", "the server takes 40 megabytes, and the kit sends no more")
    else:
        yield judge("WG1-02-6.9-17", more.status == 413, f"40 megabytes were answered {more.status}", _short(more))


def _same(answer: Exchange, message: dict[str, Any]) -> bool:
    return answer.status == 200 and {**answer.object(), "modified": ""} == {**message, "modified": ""}


def _segments(session: Session, body: dict[str, Any]) -> Findings:
    """Judge the next segment of the first list that has one."""
    rows = ("WG1-02-6.8-11", "WG1-02-6.8-12")
    following = next((name for name in LISTS if isinstance(body.get(f"{name}_next"), str)), None)
    if following is None:
        yield from skipped(rows, "no list has more than one segment")
        return
    page = session.changing.call("GET", str(body[f"{following}_next"]))
    nine = {field.name for field in facts.fields("message_listing")}
    yield judge(rows[0], nine <= set(page.object()), "a member of the listing is missing", page)
    others: Iterable[str] = (name for name in LISTS if name != following)
    filled = [name for name in others if page.object().get(name) != []]
    yield judge(rows[1], not filled, f"{', '.join(filled)} is not empty", page)


def _short(answer: Exchange) -> Exchange:
    """Megabytes of zeros show nothing."""
    return Exchange(**{**answer.__dict__, "request_body": answer.request_body[:200], "body": answer.body[:200]})
