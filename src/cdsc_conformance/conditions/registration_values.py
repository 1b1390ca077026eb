"""Values of registration fields: taken when they fit their format, refused when they do not (CDS-WG1-02 3.5 to 3.7)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from cdsc_conformance.condition import condition
from cdsc_conformance.exchanges import Exchange
from cdsc_conformance.findings import Findings, Unmet, judge, skipped
from cdsc_conformance.registration import PDF, PNG, request_body, send
from cdsc_conformance.session import Session
from cdsc_conformance.tables import several, shown

#: Row, formats it is about, values that must be refused.
WRONG: tuple[tuple[str, tuple[str, ...], tuple[Any, ...]], ...] = (
    ("WG1-02-3.7-02", ("string",), (7, ["text"], None)),
    ("WG1-02-3.7-03", ("string_list",), ([], "text", [7], None)),
    ("WG1-02-3.7-04", ("url",), ("not a URL", 7, None)),
    ("WG1-02-3.7-05", ("email",), ("nobody", 7, None)),
    ("WG1-02-3.7-06", ("boolean",), ("true", 1, None)),
    ("WG1-02-3.7-07", ("image",), ("not Base64!", PDF, None)),
    ("WG1-02-3.7-08", ("pdf",), ("not Base64!", PNG, None)),
    ("WG1-02-3.7-09", ("choice",), ("kit_no_such_choice", None)),
    ("WG1-02-3.7-10", ("choice_list",), ([], ["kit_no_such_choice"], None)),
)


def named(session: Session) -> list[dict[str, Any]]:
    """The fields to fill in that a scope of the kit's registration needs."""
    needed = request_body(session)
    fields = [field for _, field in session.registration_fields if field.get("field_name") in needed]
    if not fields:
        raise Unmet("no scope that a program can register needs a registration field")
    return fields


def try_value(session: Session, field: Mapping[str, Any], value: object) -> Exchange:
    """The answer to a registration with this value."""
    return send(session, {**request_body(session), str(field["field_name"]): value})


@condition("WG1-02-3.6-01", "WG1-02-4.1-04")
def required(session: Session) -> Findings:
    """A field that a scope requires must be there, and is taken."""
    faults, asked = [], []
    for field in named(session):
        body = {name: value for name, value in request_body(session).items() if name != field["field_name"]}
        answer = send(session, body)
        asked.append(answer)
        if answer.status != 400:
            faults.append(f"without {field['field_name']} it was answered {answer.status}")
    yield judge("WG1-02-3.6-01", not faults, several(faults), *asked)
    taken = session.registered.exchange
    yield judge("WG1-02-4.1-04", True, "", taken)


@condition("WG1-02-3.5-07", *(row for row, *_ in WRONG), "WG1-02-3.7-11")
def formats(session: Session) -> Findings:
    """Values that do not fit the format are refused; null is taken where the format says so."""
    everything: list[str] = []
    fields, asked = named(session), []
    for row, names, values in WRONG:
        of_format = [field for field in fields if field.get("format") in names]
        faults = []
        for field in of_format:
            for value in values:
                answer = try_value(session, field, value)
                asked.append(answer)
                if answer.status != 400:
                    faults.append(f"{field['field_name']}: {shown(value)} was answered {answer.status}")
        everything += faults
        if of_format:
            yield judge(row, not faults, several(faults), *asked[-3:])
        else:
            yield from skipped(row, f"no needed field has format {' or '.join(names)}")
    yield judge("WG1-02-3.5-07", not everything, several(everything), *asked[-1:])
    nullable = [field for field in fields if str(field.get("format")).endswith("_or_null")]
    faults = [
        f"{field['field_name']}: null was answered {answer.status}"
        for field in nullable
        if (answer := try_value(session, field, None)).status not in (200, 201)
    ]
    if nullable:
        yield judge("WG1-02-3.7-11", not faults, several(faults), *session.http.exchanges[-1:])
    else:
        yield from skipped("WG1-02-3.7-11", "no needed field takes null")


@condition("WG1-02-3.5-09", "WG1-02-3.5-10")
def limits(session: Session) -> Findings:
    """Values beyond max_length or max_size are refused."""
    fields = named(session)
    for row, member in (("WG1-02-3.5-09", "max_length"), ("WG1-02-3.5-10", "max_size")):
        faults = []
        limited = [field for field in fields if isinstance(field.get(member), int)]
        for field in limited:
            answer = try_value(session, field, _too_large(field, field[member]))
            if answer.status not in (400, 413):
                faults.append(f"{field['field_name']} beyond {member} was answered {answer.status}")
        if limited:
            yield judge(row, not faults, several(faults), *session.http.exchanges[-1:])
        else:
            yield from skipped(row, f"no needed field has {member}")


def _too_large(field: Mapping[str, Any], limit: int) -> str:
    kind = str(field.get("format")).removesuffix("_or_null")
    if kind in ("image", "pdf"):
        whole = base64.b64decode(PNG if kind == "image" else PDF)
        return base64.b64encode(whole + b"\n" * (limit + 1)).decode()
    if kind == "email":
        return "k" * limit + "@kit.example"
    return ("https://kit.example/" if kind == "url" else "") + "k" * (limit + 1)
