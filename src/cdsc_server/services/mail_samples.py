"""A made-up letter of each kind that Customers get, for operators who look at their templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from cdsc_server.domain.access_letters import access_ended_letter, cleared_letter, own_access_letter
from cdsc_server.domain.catalogue import Utility
from cdsc_server.domain.letters import (
    Changed,
    Letter,
    StoppedBy,
    WhatFor,
    changed_letter,
    contact_letter,
    news_letter,
    receipt_letter,
    revoked_letter,
)
from cdsc_server.domain.news import NewsKind
from cdsc_server.languages import speaking

_AT: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_TITLES: Final = ("Energy use", "Your bills")
_PARTS: Final = [(title, "From 2 March 2026 until 2 March 2027.") for title in _TITLES]
_PURPOSES: Final = [WhatFor(titles=_TITLES[:1], content="To plan solar panels for your roof.", ours=True)]
_WHO: Final[Mapping[str, Any]] = {"customer_name": "Ada Lindqvist", "app": "Kestrel Carbon"}
_CONFIRMED: Final[Mapping[str, Any]] = {**_WHO, "at": _AT, "confirmation": "DGE-7K4M-29QX", "signs_in": True}
_CONTACT: Final = "help@kestrel.example"


def sample(kind: str, *, utility: Utility, base_url: str, language: str) -> Letter:
    """
    A letter of a kind of `letter_names.KINDS`, in a language; what it tells of data is in English.

    Args:
        base_url: of this server; the link leads to no page.
    """
    place = {"zone": utility.timezone, "link": f"{base_url}/receipt/sample"}
    with speaking(language):
        return _SAMPLES[kind](place)


def _news(kind: NewsKind, until: datetime | None, place: Mapping[str, Any]) -> Letter:
    return news_letter(kind=kind, until=until, signs_in=True, **_WHO, **place)


def _ended(kind: NewsKind, place: Mapping[str, Any]) -> Letter:
    told: dict[str, Any] = {"kind": kind, "contact": _CONTACT, "by": StoppedBy.SERVER, "at": _AT, "signs_in": True}
    return access_ended_letter(**told, **_WHO, **place)


def _revoked(by: StoppedBy, place: Mapping[str, Any]) -> Letter:
    return revoked_letter(by=by, contact=_CONTACT, opened=True, **_CONFIRMED, **place)


def _changed(change: Changed, place: Mapping[str, Any]) -> Letter:
    return changed_letter(change=change, **_CONFIRMED, **place)


def _cleared(place: Mapping[str, Any]) -> Letter:
    told: dict[str, Any] = {
        "titles": _TITLES,
        "account_number": "A-1001",
        "reason": "The contract of your building",
        "signs_in": True,
    }
    return cleared_letter(at=_AT, **told, **_WHO, **place)


_SAMPLES: Final[Mapping[str, Callable[[Mapping[str, Any]], Letter]]] = {
    "receipt": lambda place: receipt_letter(
        parts=_PARTS, counts=["2 services"], purposes=_PURPOSES, waits=False, **_CONFIRMED, **place
    ),
    "revoked": lambda place: _revoked(StoppedBy.CUSTOMER, place),
    "expired": lambda place: _revoked(StoppedBy.TIME, place),
    **{each.value: partial(_changed, each) for each in Changed},
    "began": lambda place: _news(NewsKind.BEGAN, None, place),
    "ends_soon": lambda place: _news(NewsKind.ENDS_SOON, _AT + timedelta(days=14), place),
    "contact_code": lambda place: contact_letter(code="408 217", app=_WHO["app"], minutes=10, link=place["link"]),
    "own_began": lambda place: own_access_letter(titles=_TITLES, at=_AT, **_WHO, **place),
    "own_ended": lambda place: _ended(NewsKind.OWN_ENDED, place),
    "cleared": _cleared,
    "cleared_ended": lambda place: _ended(NewsKind.CLEARED_ENDED, place),
}
