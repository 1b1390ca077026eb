"""Purposes of a Client Object: what it may say it wants data for (CDS-WG3-01 5.1, 7.4.4, 8)."""

from __future__ import annotations

from typing import Any, Final

from cdsc_conformance.condition import condition
from cdsc_conformance.conditions.clients import UPDATABLE
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.flows import CodeClient
from cdsc_conformance.registration import PURPOSE, ClientAdmin, request_body, send
from cdsc_conformance.session import Session
from cdsc_conformance.tables import kind_fault, several, shown

MEMBER: Final = "cds_purposes"

Purposes = dict[str, Any]

#: With markup and a link, and longer than its block.
WITH_LINK: Final[Purposes] = {
    **PURPOSE,
    "name": "kit-internal-linked",
    "content": "<b>To see</b> what the kit sees:\n" + "\n".join(f"{line}. A line of its own." for line in range(1, 21)),
    "related_uri": "https://kit.example/why",
    "related_name": "Why the kit asks",
}


class Mine:
    """A Client Object of a registration, as the Client changes its Purposes."""

    def __init__(self, registered: ClientAdmin, client: dict[str, Any]) -> None:
        self._registered, self._client = registered, client

    def put(self, purposes: object) -> Exchange:
        """The answer to a PUT of the object with these Purposes."""
        body = {name: self._client[name] for name in ("client_id", *UPDATABLE) if name in self._client}
        return self._registered.call("PUT", str(self._client["cds_client_uri"]), json_body={**body, MEMBER: purposes})

    def read(self) -> Purposes:
        """Its Purposes as they are now, by key; empty when it has none."""
        found = self._registered.call("GET", str(self._client["cds_client_uri"])).object().get(MEMBER)
        return found if isinstance(found, dict) else {}

    def add(self, purpose: Purposes) -> tuple[str, Exchange]:
        """
        Add one to those there are; gives the id that the server made, and the answer.

        Raises:
            Unmet: it is not taken at once.
        """
        before = self.read()
        answer = self.put({**before, "kit-new": purpose})
        if answer.status == 202:
            raise Unmet("a new Purpose waits for review at this server")
        made = sorted(self.read().keys() - before.keys())
        if answer.status != 200 or len(made) != 1:
            raise Unmet(f"a new Purpose was answered {answer.status}, and {len(made)} are new")
        return made[0], answer


class Explained:
    """A Client Object with a redirect URI and a Purpose of its own."""

    def __init__(self, session: Session) -> None:
        self.client = CodeClient(session, session.register())
        self.purpose_id, _ = Mine(self.client.registered, self.client.client).add(WITH_LINK)


def _mine(session: Session) -> Mine:
    """
    The Client Object that may be changed.

    Raises:
        Unmet: the server gives it no Purposes.
    """
    client = session.changing.client_with(response_types="code")
    if MEMBER not in client:
        raise Unmet("the server gives Client Objects no cds_purposes")
    return Mine(session.changing, client)


#: Kind of each member, with the row that says so.
_MEMBERS: Final = (
    ("id", "string", False, "WG3-01-8.3-01"),
    ("name", "string", False, "WG3-01-8.3-02"),
    ("content", "text", False, "WG3-01-8.3-03"),
    ("related_uri", "url", True, "WG3-01-8.3-04"),
    ("related_name", "string", True, "WG3-01-8.3-05"),
    ("scopes_supported", "strings", False, "WG3-01-8.3-06"),
)
_OBJECTS: Final = (
    "WG3-01-8.1-01", "WG3-01-8.1-02", "WG3-01-7.4.4-05", *(row for *_, row in _MEMBERS), "WG3-01-8.3-08",
    "WG3-01-8.3-10",
)  # fmt: skip


@condition(*_OBJECTS)
def objects(session: Session) -> Findings:
    """Every Purpose stands under its id and has every member; those of the server come with its scopes."""
    mine = _mine(session)
    known = set(mine.read())
    untaken = ""
    try:
        for purpose in (PURPOSE, WITH_LINK):
            mine.add(purpose)
    except Unmet as unmet:
        untaken = str(unmet)
    found = mine.read()
    page = session.http.exchanges[-1]
    yield judge("WG3-01-8.1-01", found, "the Client Object has no Purposes", page)
    keys = [key for key, each in found.items() if not isinstance(each, dict) or each.get("id") != key]
    yield judge("WG3-01-8.1-02", not keys, f"under {several(keys)} stands another", page)
    things = {key: each for key, each in found.items() if isinstance(each, dict)}
    for name, kind, nullable, row in _MEMBERS:
        faults = [
            f"{key}: {name} {fault}"
            for key, each in things.items()
            if (fault := kind_fault(each.get(name), kind, nullable=nullable) if name in each else "is missing")
        ]
        yield judge(row, not faults, several(faults), page)
    if untaken:
        yield from skipped("WG3-01-8.3-08", untaken)
    else:
        whole = any(each.get("content") == WITH_LINK["content"] for each in things.values())
        yield judge("WG3-01-8.3-08", whole, "a content with line breaks did not come back as it was", page)
    bare = [key for key, each in things.items() if each.get("related_uri") and not each.get("related_name")]
    yield judge("WG3-01-8.3-10", not bare, f"{several(bare)} has related_uri without related_name", page)
    offered = {
        str(choice.get("id"))
        for where, field in session.detail_fields
        if field.get("id") == "purpose" and _held(session, where)
        for choice in field.get("choices") or []
    }
    told = f"metadata offers {shown(sorted(offered))}, and a new Client Object has {shown(sorted(known))}"
    yield judge("WG3-01-7.4.4-05", offered <= known, told, session.authorization_server.exchange, page)


def _held(session: Session, where: str) -> bool:
    """Whether a field, by the words that point at it, is of a scope of the Client Object's."""
    words = str(session.changing.client_with(response_types="code").get("scope")).split()
    return where.partition(",")[0].removeprefix("scope ") in words


_CHANGES: Final = tuple(f"WG3-01-8.2-{number:02}" for number in range(1, 7))


@condition(*_CHANGES)
def changes(session: Session) -> Findings:
    """A Client changes and removes its own Purposes by PUT; ids, scopes and those of the server stay as they are."""
    mine = _mine(session)
    ours, rest = mine.read(), {}
    made, answer = mine.add({**PURPOSE, "id": "kit-chosen", "scopes_supported": ["kit_no_such_scope"]})
    fresh = mine.read()[made]
    row = "WG3-01-8.2-05"
    yield judge(row, made not in ("kit-new", "kit-chosen", ""), f"the new Purpose has the id {made}", answer)
    held = str(session.changing.client_with(response_types="code").get("scope")).split()
    given = fresh.get("scopes_supported")
    sound = isinstance(given, list) and given and set(given) <= set(held)
    yield judge("WG3-01-8.2-06", sound and fresh.get("id") == made, f"it may be used with {shown(given)}", answer)
    answer = mine.put({**ours, made: {**fresh, "id": "kit-other", "scopes_supported": [], "content": "Changed."}})
    after = mine.read().get(made, {})
    changed = after.get("content") == "Changed."
    yield judge("WG3-01-8.2-02", changed and after.get("id") == made, f"it became {shown(after)}", answer)
    yield judge(
        "WG3-01-8.2-03", changed and after.get("scopes_supported") == given, f"it became {shown(after)}", answer
    )
    theirs = _defaults(session, ours)
    if theirs:
        wished = {key: {**ours[key], "content": "Not the server's."} for key in theirs}
        answer = mine.put({**wished, made: after})
        rest = mine.read()
        mine.put({made: after})
        same = all(each.get(key) == ours[key] for each in (rest, mine.read()) for key in theirs)
        yield judge("WG3-01-8.2-01", same, f"a Purpose of the server's became {shown(rest)}", answer)
    else:
        yield from skipped("WG3-01-8.2-01", "the server has no Purposes of its own")
    answer = mine.put(ours)
    gone = made not in mine.read()
    yield judge("WG3-01-8.2-04", gone, f"{made} was left out and is still there", answer)


def _defaults(session: Session, found: Purposes) -> list[str]:
    """The ids of the server's own Purposes: public metadata offer them."""
    public = {
        choice.get("id")
        for _, field in session.detail_fields
        if field.get("id") == "purpose"
        for choice in field.get("choices") or []
    }
    return [key for key in found if key in public]


#: What makes a Purpose invalid, with the row that says so.
_INVALID: Final = (
    ("WG3-01-8.3-07", {"content": " \n "}),
    ("WG3-01-8.3-10", {"related_name": None}),
    ("WG3-01-8.3-11", {"related_name": "  "}),
    ("WG3-01-8.3-12", {"related_name": "Why\nthe kit asks"}),
)


@condition(*(row for row, _ in _INVALID if row != "WG3-01-8.3-10"), "WG3-01-8.3-05")
def invalid(session: Session) -> Findings:
    """A Purpose without words, or with a link that says nothing in one line, is refused, and nothing changes."""
    mine = _mine(session)
    before = mine.read()
    for row, members in _INVALID:
        answer = mine.put({**before, "kit-new": {**WITH_LINK, **members}})
        same = mine.read() == before
        told = f"{shown(members)} was answered {answer.status}{'' if same else ', and changed something'}"
        named = "WG3-01-8.3-05" if row == "WG3-01-8.3-10" else row
        yield judge(named, answer.status == 400 and same, told, answer)


_REGISTERING: Final = tuple(f"WG3-01-5.1-{number:02}" for number in range(1, 5))


@condition(*_REGISTERING)
def registering(session: Session) -> Findings:
    """A registration field for Purposes takes at least one, without an id and without scopes."""
    found = {
        str(field.get("format")): str(field.get("field_name"))
        for _, field in session.registration_fields
        if field.get("format") in ("purposes", "purposes_or_null")
    }
    if not found:
        yield from skipped(_REGISTERING, "no registration field is of format purposes")
        return
    sound = {**PURPOSE, "name": "kit"}
    for form, name in found.items():
        taken = send(session, request_body(session, **{name: [sound]}))
        none = send(session, request_body(session, **{name: [] if form == "purposes" else None}))
        row = "WG3-01-5.1-01" if form == "purposes" else "WG3-01-5.1-04"
        right = taken.status == 201 and (none.status == 400) is (form == "purposes")
        yield judge(row, right, f"{name} was answered {taken.status}, without any {none.status}", taken, none)
        for odd, members in (("WG3-01-5.1-02", {"id": "kit"}), ("WG3-01-5.1-03", {"scopes_supported": ["kit"]})):
            answer = send(session, request_body(session, **{name: [{**sound, **members}]}))
            yield judge(odd, answer.status == 400, f"{shown(members)} was answered {answer.status}", answer)
    missing = {"purposes": "WG3-01-5.1-01", "purposes_or_null": "WG3-01-5.1-04"}
    yield from skipped([row for form, row in missing.items() if form not in found], "no registration field is of it")
