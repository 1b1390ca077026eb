"""Faults in how a server keeps the Purposes of Clients (CDS-WG3-01 7.4.4, 8)."""

from __future__ import annotations

from tests.conformance.faults import (
    OAUTH,
    USAGE,
    Fault,
    answering,
    member,
    named_field,
    responding,
    scope,
    sending,
    status,
)

CLIENTS, OWN = "/clients/", "cds_purposes"


def _fault(name, row, wrap):
    return Fault(name, row, "clients", wrap)


def _each(change):
    """Every Purpose of a Client Object is changed on its way out."""

    def changed(body):
        for purpose in body.get(OWN, {}).values():
            change(purpose)

    return answering(CLIENTS, changed)


def _taken_over(app):
    """Whatever a Client sends of a Purpose that there is, is shown from then on."""
    told = {}

    def before(body):
        told.update(body.get(OWN) or {})

    def after(body):
        for key in body.get(OWN, {}):
            body[OWN][key] = told.get(key, body[OWN][key])

    return answering(CLIENTS, after)(sending(CLIENTS, before, "PUT")(app))


def _kept(app):
    """What was there once is there for ever."""
    known = {}

    def after(body):
        known.update(body.get(OWN, {}))
        body[OWN] = dict(known)

    return answering(CLIENTS, after)(app)


def _as_chosen(body):
    """A new Purpose has the id that the Client chose."""
    for key in [key for key, purpose in body.get(OWN, {}).items() if purpose["content"] == "To see what the kit sees."]:
        body[OWN]["kit-chosen"] = {**body[OWN].pop(key), "id": "kit-chosen"}


def _under_another_key(body):
    body[OWN] = {f"{key}-x": purpose for key, purpose in body.get(OWN, {}).items()}


PURPOSE_FAULTS = [
    _fault("under another key", "WG3-01-8.1-02", answering(CLIENTS, _under_another_key)),
    *(
        _fault(f"no {name}", f"WG3-01-8.3-{number:02}", _each(member(name, 7)))
        for number, name in enumerate(("id", "name", "content", "related_uri", "related_name", "scopes_supported"), 1)
    ),
    _fault("a link without a name", "WG3-01-8.3-10", _each(member("related_name", None))),
    _fault(
        "a default that no Client has",
        "WG3-01-7.4.4-05",
        answering(OAUTH, scope(USAGE, named_field("purpose", lambda field: field["choices"].append({"id": "other"})))),
    ),
    *(_fault("taken over", f"WG3-01-8.2-{number:02}", _taken_over) for number in (1, 2, 3)),
    _fault("never gone", "WG3-01-8.2-04", _kept),
    _fault("ids of Clients", "WG3-01-8.2-05", answering(CLIENTS, _as_chosen)),
    _fault("scopes of nobody", "WG3-01-8.2-06", _each(member("scopes_supported", ["kit_no_such_scope"]))),
    *(
        _fault("anything goes", f"WG3-01-8.3-{number:02}", responding(CLIENTS, status(200, "PUT", when=400)))
        for number in (7, 11, 12)
    ),
]
