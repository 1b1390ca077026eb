"""The scopes the standard prescribes to the letter (CDS-WG1-02 3.3.1 to 3.3.3)."""

from __future__ import annotations

from typing import Any

from cdsc_conformance.condition import condition
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import literal_rows, literals, merged, several, shown

ADMIN = "cds_client_admin"
GRANT_ADMIN = "cds_grant_admin"
FILES = "cds_server_provided_files"
FIELDS = "authorization_details_fields_supported"


@condition(*literal_rows(ADMIN))
def client_admin(session: Session) -> Findings:
    """The Client admin scope is as prescribed."""
    shown_by = session.authorization_server.exchange
    scope = dict(session.scopes).get(f"scope {ADMIN}")
    yield judge("WG1-02-3.3.1-01", scope is not None, f"no scope {ADMIN} is described", shown_by)
    if scope is not None:
        yield from literals(ADMIN, scope, f"scope {ADMIN}", shown_by)


@condition(
    *literal_rows(GRANT_ADMIN, f"{GRANT_ADMIN}.client_id", f"{GRANT_ADMIN}.grant_id"),
    "WG1-02-3.3.2-02",
    "WG1-02-3.3.2-03",
    "WG1-02-3.3.2-19",
)
def grant_admin(session: Session) -> Findings:
    """Grant admin scopes are as prescribed."""
    rows = [
        *literal_rows(GRANT_ADMIN, f"{GRANT_ADMIN}.client_id", f"{GRANT_ADMIN}.grant_id"),
        "WG1-02-3.3.2-02",
        "WG1-02-3.3.2-03",
        "WG1-02-3.3.2-19",
    ]
    yield from _scopes(session, GRANT_ADMIN, rows, ("client_id", "grant_id"), "WG1-02-3.3.2-19")
    yield from _names(session, GRANT_ADMIN, "WG1-02-3.3.2-02", "WG1-02-3.3.2-03")


@condition(
    *literal_rows(FILES, f"{FILES}.file_id"),
    "WG1-02-3.3.3-04",
    "WG1-02-3.3.3-05",
    "WG1-02-3.3.3-07",
    "WG1-02-3.3.3-19",
    "WG1-02-3.3.3-22",
)
def files(session: Session) -> Findings:
    """Server-provided files scopes are as prescribed."""
    rows = [
        *literal_rows(FILES, f"{FILES}.file_id"),
        *(f"WG1-02-3.3.3-{number}" for number in ("04", "05", "07", "19", "22")),
    ]
    yield from _scopes(session, FILES, rows, ("file_id",), "WG1-02-3.3.3-22")
    described = session.scopes_of_type(FILES)
    if not described:
        return
    yield from _names(session, FILES, "WG1-02-3.3.3-04", "WG1-02-3.3.3-05")
    shown_by = session.authorization_server.exchange
    name = "Server-Provided Files"
    odd = [
        f"{where}: name is {shown(scope.get('name'))}"
        for where, scope in described
        if scope.get("name") != name and not str(scope.get("name")).startswith(f"{name}: ")
    ]
    yield judge("WG1-02-3.3.3-07", not odd, several(odd), shown_by)
    admins = {scope.get("id") for _, scope in session.scopes_of_type(GRANT_ADMIN)}
    odd = [
        f"{where}: grant_admin_scope is {shown(scope.get('grant_admin_scope'))}"
        for where, scope in described
        if scope.get("grant_admin_scope") not in admins
    ]
    yield judge("WG1-02-3.3.3-19", not odd, several(odd), shown_by)


def _scopes(session: Session, kind: str, rows: list[str], fields: tuple[str, ...], row: str) -> Findings:
    """Judge the literals of every scope of a type, and of its fields."""
    shown_by = session.authorization_server.exchange
    described = session.scopes_of_type(kind)
    if not described:
        yield from skipped(rows, f"no scope is of type {kind}")
        return
    said = []
    for where, scope in described:
        said += list(literals(kind, scope, where, shown_by))
        held = _fields(scope)
        found = tuple(str(field.get("id")) for field in held)
        said.append(judge(row, found == fields, f"{where}: {FIELDS} holds {found}, not {fields}", shown_by))
        for name, field in zip(fields, held, strict=False):
            said += list(literals(f"{kind}.{name}", field, f"{where}, field {name}", shown_by))
    yield from merged(said)


def _names(session: Session, kind: str, unique: str, prefixed: str) -> Findings:
    shown_by = session.authorization_server.exchange
    described = session.scopes_of_type(kind)
    if not described:
        return
    ids = [str(scope.get("id")) for _, scope in session.scopes]
    twice = [str(scope.get("id")) for _, scope in described if ids.count(str(scope.get("id"))) > 1]
    yield judge(unique, not twice, f"more than one scope has id {several(twice)}", shown_by)
    bare = [str(scope.get("id")) for _, scope in described if not str(scope.get("id")).startswith(f"{kind}_")]
    yield judge(prefixed, not bare, f"{several(bare)} does not start with {kind}_", shown_by)


def _fields(scope: dict[str, Any]) -> list[dict[str, Any]]:
    value = scope.get(FIELDS)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
