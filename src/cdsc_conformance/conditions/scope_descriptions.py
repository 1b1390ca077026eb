"""Scope descriptions (CDS-WG1-02 3.4)."""

from __future__ import annotations

from typing import Any

from cdsc_conformance.condition import condition
from cdsc_conformance.findings import Findings, judge, skipped
from cdsc_conformance.session import Session
from cdsc_conformance.tables import members, rows_of, several, shown

OBJECT = "scope_description"
FILES = "cds_server_provided_files"


@condition(*rows_of(OBJECT))
def shape(session: Session) -> Findings:
    """Every description has every member it must have, each of its kind."""
    yield from members(OBJECT, session.scopes, session.authorization_server.exchange)


@condition("WG1-02-3.4-02")
def keys(session: Session) -> Findings:
    """Each description stands under its own id."""
    faults = [
        f"{where}: id is {shown(scope.get('id'))}"
        for where, scope in session.scopes
        if scope.get("id") != where.removeprefix("scope ")
    ]
    yield judge("WG1-02-3.4-02", not faults, several(faults), session.authorization_server.exchange)


@condition("WG1-02-3.4-10", "WG1-02-3.4-12")
def named_fields(session: Session) -> Findings:
    """Every registration field that a scope names is described."""
    known = {where.removeprefix("registration field ") for where, _ in session.registration_fields}
    for row, member in (
        ("WG1-02-3.4-10", "registration_requirements"),
        ("WG1-02-3.4-12", "registration_optional"),
    ):
        named = [(where, name) for where, scope in session.scopes for name in _listed(scope, member)]
        if not named:
            yield from skipped(row, f"no scope names any field in {member}")
            continue
        faults = [f"{where}: {name} is not described" for where, name in named if name not in known]
        yield judge(row, not faults, several(faults), session.authorization_server.exchange)


@condition("WG1-02-3.4-15")
def grant_types(session: Session) -> Findings:
    """Every scope has a grant type, but for files, where the standard prescribes none."""
    faults = [
        f"{where} has no grant type"
        for where, scope in session.scopes
        if scope.get("type") != FILES and not scope.get("grant_types_supported")
    ]
    yield judge("WG1-02-3.4-15", not faults, several(faults), session.authorization_server.exchange)


@condition("WG1-02-3.4-19", "WG1-02-3.4-22")
def challenge_methods(session: Session) -> Findings:
    """The authorization code grant comes with S256 and never with plain; other scopes list no method."""
    shown_by = session.authorization_server.exchange
    coded = [each for each in session.scopes if "authorization_code" in _listed(each[1], "grant_types_supported")]
    others = [each for each in session.scopes if each not in coded]
    method = "code_challenge_methods_supported"
    if coded:
        faults = [
            f"{where}: {method} is {shown(scope.get(method))}"
            for where, scope in coded
            if "S256" not in _listed(scope, method) or "plain" in _listed(scope, method)
        ]
        yield judge("WG1-02-3.4-19", not faults, several(faults), shown_by)
    else:
        yield from skipped("WG1-02-3.4-19", "no scope uses the authorization code grant")
    faults = [f"{where}: {method} is {shown(scope.get(method))}" for where, scope in others if scope.get(method) != []]
    yield judge("WG1-02-3.4-22", not faults, several(faults), shown_by)


@condition("WG1-02-3.4-24")
def coverages(session: Session) -> Findings:
    """Every coverage that a scope names is in the coverage listing."""
    named = [(where, name) for where, scope in session.scopes for name in _listed(scope, "coverages_supported")]
    if not named:
        yield from skipped("WG1-02-3.4-24", "no scope names a coverage entry")
        return
    known = {entry.get("id") for _, entry in session.coverage_entries}
    faults = [f"{where}: {name} is not listed" for where, name in named if name not in known]
    yield judge(
        "WG1-02-3.4-24",
        not faults,
        several(faults),
        session.authorization_server.exchange,
        *[page.exchange for page in session.coverage],
    )


@condition("WG1-02-3.4-26", "WG1-02-3.3.2-38")
def grant_admins(session: Session) -> Findings:
    """grant_admin_scope names a scope of type cds_grant_admin."""
    admins = {scope.get("id") for _, scope in session.scopes_of_type("cds_grant_admin")}
    named = [(where, scope["grant_admin_scope"]) for where, scope in session.scopes if scope.get("grant_admin_scope")]
    for row in ("WG1-02-3.4-26", "WG1-02-3.3.2-38"):
        if named:
            faults = [
                f"{where}: {name} is no scope of type cds_grant_admin" for where, name in named if name not in admins
            ]
            yield judge(row, not faults, several(faults), session.authorization_server.exchange)
        else:
            yield from skipped(row, "no scope can be reached by grant admin")


def _listed(scope: dict[str, Any], member: str) -> list[Any]:
    value = scope.get(member)
    return value if isinstance(value, list) else []
