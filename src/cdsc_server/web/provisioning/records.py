"""
Records of each kind: handed in, read back, listed, ended or removed.

Every kind of `KINDS` gets the same views, so that a new one is a line there; the document tells of each by itself.
"""

from __future__ import annotations

from typing import Any, Final

from flask.typing import ResponseReturnValue

from cdsc_server.errors import Conflict, FaultyRecords
from cdsc_server.schemas.provisioning import AppliedSchema, RecordFilters, RecordListingSchema, RecordSchema
from cdsc_server.services.provisioning import applying
from cdsc_server.services.provisioning.batch import Kind
from cdsc_server.services.provisioning.kinds import KINDS
from cdsc_server.storage.provisioned import ProvisionedRow
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.cursors import PAGE_SIZE, cursor_of, links, shown
from cdsc_server.web.describe import describe
from cdsc_server.web.parameters import filters
from cdsc_server.web.provisioning.blueprint import blueprint, provisioning_token, uri
from cdsc_server.web.service_door import View, account
from cdsc_server.web.wire import json_body

_TAG: Final = "Records"


def _offer(kind: Kind) -> None:
    """Make the views of a kind."""
    record = kind.record
    name, noun, one = record.name, record.noun, f"/{record.path}/<external_id>"
    path = {"external_id": f"The `{record.id}` that your systems have for it."}
    problems = (Conflict, FaultyRecords)

    def listing() -> ResponseReturnValue:
        asked = filters(RecordFilters())
        page = applying.page_of_records(name, above=asked.get("under"), cursor=cursor_of(asked), size=PAGE_SIZE)
        return shown(RecordListingSchema(), {"records": [_record(kind, row) for row in page.rows], **links(page)})

    def put(external_id: str) -> ResponseReturnValue:
        done = applying.put_record(
            name, external_id, json_body(), actor=account().actor, catalogue=catalogue(), clock=ports().clock
        )
        return _applied(kind, done), 201 if done.outcome == "new" else 200

    def get(external_id: str) -> ResponseReturnValue:
        return shown(RecordSchema(), _record(kind, applying.get_record(name, external_id)))

    def end(external_id: str) -> ResponseReturnValue:
        done = applying.end_record(name, external_id, actor=account().actor, catalogue=catalogue(), clock=ports().clock)
        return _applied(kind, done)

    def remove(external_id: str) -> ResponseReturnValue:
        applying.remove_record(name, external_id, actor=account().actor, clock=ports().clock)
        return "", 204

    def offer(view: View, method: str, rule: str, does: str, words: str, **described: Any) -> None:
        view.__doc__ = f"{does}\n\n{words}"
        guarded = provisioning_token()(describe(tag=_TAG, section="", **described)(view))
        verb, _, _ = does.lower().partition(" ")
        blueprint.add_url_rule(rule, f"{verb}_{name}", guarded, methods=[method])

    offer(
        listing,
        "GET",
        f"/{record.path}",
        f"List {noun}s",
        f"{record.about} The last modified first.",
        query=RecordFilters,
        answers={200: RecordListingSchema},
    )
    offer(
        put,
        "PUT",
        one,
        f"Hand in a {noun}",
        f"{record.about} What the record leaves out is gone; the same one again changes nothing.",
        body=record.json_schema(),
        answers={200: AppliedSchema, 201: AppliedSchema},
        problems=problems,
        path=path,
    )
    offer(get, "GET", one, f"Get a {noun}", "As it was handed in last.", answers={200: RecordSchema}, path=path)
    if kind.ended is not None:
        offer(
            end,
            "DELETE",
            one,
            f"End a {noun}",
            "What it stands for ends now, and the record says so; what was before stays.",
            answers={200: AppliedSchema},
            problems=problems,
            path=path,
        )
    elif kind.unused is not None:
        offer(
            remove,
            "DELETE",
            one,
            f"Remove a {noun}",
            "Refused while other records name it.",
            answers={204: None},
            problems=(Conflict,),
            path=path,
        )


def _record(kind: Kind, row: ProvisionedRow) -> dict[str, Any]:
    record = kind.record
    return {
        "kind": record.name,
        "uri": uri(record.path, row.external_id),
        "record": row.body,
        "created": row.created,
        "modified": row.modified,
    }


def _applied(kind: Kind, done: applying.Applied) -> dict[str, Any]:
    return shown(AppliedSchema(), {**_record(kind, done.row), "outcome": done.outcome})


for _kind in KINDS.values():
    _offer(_kind)
