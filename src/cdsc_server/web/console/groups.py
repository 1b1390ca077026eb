"""Groups of Customers: who is in them, what is told of them, who asked, and their definitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from typing import Any, Final

from flask import Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from cdsc_server import exact_json
from cdsc_server.domain.aggregations import CONFIDENTIAL, OPEN_TYPES, PLAIN_TYPES, WRITTEN, Definition, read_definition
from cdsc_server.domain.operators import DECIDE
from cdsc_server.errors import Conflict, InvalidConfiguration, InvalidRequest, NotFound, Problem
from cdsc_server.services import aggregations, group_desk
from cdsc_server.storage.aggregations import AggregationRow
from cdsc_server.web.console.blueprint import SIZE, asked_cursor, blueprint, show
from cdsc_server.web.console.door import operator, signed_in
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.describe import undocumented

#: Who may know of a group, by Aggregation Type, in words for operators.
_KNOWN: Final = {
    "public": "Every Client; its sums may be published",
    "listed": "Every Client",
    CONFIDENTIAL: "Only Clients that it is opened for",
}


@blueprint.get("/groups")
@operator()
@undocumented("a page")
def groups() -> ResponseReturnValue:
    """Every group, the last changed first; `q` seeks by number and name."""
    sought = request.args.get("q", "").strip().replace("\0", "")
    found = group_desk.groups(sought=sought, cursor=asked_cursor(), size=SIZE)
    return show("groups.html", found=found, sought=sought, rule=catalogue().sum_rule)


@blueprint.get("/groups/new")
@operator(*DECIDE)
@undocumented("a page")
def new_group() -> ResponseReturnValue:
    """The form to define a group."""
    return _form({"known": CONFIDENTIAL})


@blueprint.post("/groups/new")
@operator(*DECIDE)
@undocumented("a page")
def define_group() -> ResponseReturnValue:
    """Define a group."""
    return _define(None)


@blueprint.get("/groups/<aggregation_id>")
@operator()
@undocumented("a page")
def group(aggregation_id: str) -> ResponseReturnValue:
    """A group; `month` chooses what is plotted."""
    return _page(aggregation_id)


@blueprint.post("/groups/<aggregation_id>")
@operator(*DECIDE)
@undocumented("a page")
def open_group(aggregation_id: str) -> ResponseReturnValue:
    """Open a group for a registration, or close it again."""
    form = request.form
    registration_id = form.get("registration_id", "").strip()
    number = str(_found(aggregation_id).aggregation_number)
    common: dict[str, Any] = {"actor": signed_in().username, "clock": ports().clock}
    try:
        if form.get("do") == "close":
            aggregations.close_for(number, registration_id, **common)
        else:
            aggregations.open_for(number, registration_id, members="members" in form, **common)
    except NotFound as refusal:
        return _page(aggregation_id, InvalidRequest(f"Registration: {refusal.description}", field="registration_id"))
    return redirect(url_for("console.group", aggregation_id=aggregation_id, done=form.get("do", "open")), 303)


@blueprint.get("/groups/<aggregation_id>/members")
@operator()
@undocumented("a page")
def group_members(aggregation_id: str) -> ResponseReturnValue:
    """Who is in a group; `q` seeks by name, address, number and id."""
    sought = request.args.get("q", "").strip().replace("\0", "")
    found = group_desk.members(aggregation_id, sought=sought, cursor=asked_cursor(), size=SIZE, clock=ports().clock)
    return show("group-members.html", group=_found(aggregation_id), found=found, sought=sought)


@blueprint.get("/groups/<aggregation_id>/definition")
@operator(*DECIDE)
@undocumented("a page")
def group_definition(aggregation_id: str) -> ResponseReturnValue:
    """The form to change the definition of a group."""
    row = _found(aggregation_id)
    sent = {
        "number": str(row.aggregation_number),
        "name": row.name,
        "known": next(each for each in row.types if each in _KNOWN),
        "addresses": "\n\n".join(row.addresses),
        "regions": exact_json.dumps(row.regions).decode() if row.regions else "",
        **{WRITTEN[name]: "\n".join(values) for name, values in row.lists.items()},
        **dict.fromkeys((f"is_{each}" for each in row.types if each in PLAIN_TYPES), "on"),
    }
    return _form(sent, row)


@blueprint.post("/groups/<aggregation_id>/definition")
@operator(*DECIDE)
@undocumented("a page")
def redefine_group(aggregation_id: str) -> ResponseReturnValue:
    """Give a group another definition."""
    return _define(_found(aggregation_id))


def _found(aggregation_id: str) -> AggregationRow:
    return group_desk.group(aggregation_id, catalogue=catalogue()).row


def _page(aggregation_id: str, refusal: Problem | None = None) -> Response:
    clock = ports().clock
    month = group_desk.told_month(aggregation_id, _asked_month(clock.now()), catalogue=catalogue(), clock=clock)
    return show(
        "group.html",
        status=200 if refusal is None else refusal.status,
        found=group_desk.group(aggregation_id, catalogue=catalogue()),
        known=_KNOWN,
        asking=group_desk.asking(aggregation_id, clock=clock),
        month=month,
        # Any instant of the month before and of the one after.
        before=month.start - timedelta(days=1),
        after=month.start + timedelta(days=40),
        rule=catalogue().sum_rule,
        refusal=refusal,
        sent=request.form,
        done=request.args.get("done", ""),
    )


def _asked_month(now: datetime) -> datetime:
    """An instant of the month asked for as YYYY-MM; of the last whole one where none, or nonsense, is asked for."""
    zone = catalogue().utility.timezone
    last = now.astimezone(zone).replace(day=1) - timedelta(days=1)
    try:
        asked = datetime.strptime(request.args.get("month", ""), "%Y-%m").replace(day=15, tzinfo=zone)
    except ValueError:
        return last
    # The months beside the first and the last year that there are cannot be told.
    return asked if MINYEAR < asked.year < MAXYEAR else last


def _form(sent: Mapping[str, str], row: AggregationRow | None = None, refusal: Problem | None = None) -> Response:
    return show(
        "group-definition.html",
        status=200 if refusal is None else refusal.status,
        row=row,
        known=_KNOWN,
        kinds=PLAIN_TYPES,
        lists=WRITTEN,
        refusal=refusal,
        sent=sent,
    )


def _define(row: AggregationRow | None) -> ResponseReturnValue:
    form = request.form
    is_test = "fictional" in form if row is None else row.is_test
    try:
        (made,) = aggregations.define(
            [_sent(form, number=None if row is None else str(row.aggregation_number))],
            is_test=is_test,
            country=catalogue().utility.country,
            actor=signed_in().username,
            clock=ports().clock,
        )
    except InvalidConfiguration as fault:
        number = form.get("number", "").strip() if row is None else row.aggregation_number
        told = "; ".join(each.removeprefix(f"{number}: ") for each in fault.faults)
        return _form(form, row, InvalidRequest(told, field="name" if row else "number"))
    except (InvalidRequest, Conflict) as refusal:
        return _form(form, row, refusal)
    return redirect(url_for("console.group", aggregation_id=made.aggregation_id, done="defined"), 303)


def _sent(form: Mapping[str, str], *, number: str | None) -> Definition:
    """
    The definition that was filled in: a type for each list that holds anything.

    Args:
        number: of a group that is there; None takes the one filled in.
    """
    lists = {written: _lines(form.get(written, "")) for written in WRITTEN.values()}
    known = form.get("known", "")
    if known not in (*OPEN_TYPES, CONFIDENTIAL):
        raise InvalidRequest("Who may know of it: choose one", field="known")
    plain = [each for each in PLAIN_TYPES if f"is_{each}" in form]
    formed = [name for name, written in WRITTEN.items() if lists[written]]
    return read_definition(
        {
            "number": number or form.get("number", "").strip(),
            "name": form.get("name", "").strip(),
            "types": [known, *plain, *formed],
            "addresses": _lines(form.get("addresses", ""), apart="\n\n"),
            "regions": _regions(form.get("regions", "")),
            **{written: values for written, values in lists.items() if values},
        }
    )


def _lines(text: str, *, apart: str = "\n") -> list[str]:
    return [each.strip() for each in text.replace("\r\n", "\n").split(apart) if each.strip()]


def _regions(text: str) -> Any:
    try:
        return exact_json.loads(text.encode()) if text.strip() else []
    except ValueError as fault:
        raise InvalidRequest("Regions: this is not JSON", field="regions") from fault
