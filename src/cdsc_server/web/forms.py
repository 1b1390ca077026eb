"""Forms that only our own pages can send."""

from __future__ import annotations

import hmac
from typing import Protocol, TypeVar

from flask import request

from cdsc_server.errors import AccessDenied
from cdsc_server.languages import marked
from cdsc_server.web.context import settings


class HasFormSecret(Protocol):
    """A session, of whichever realm, whose pages hold a secret in their forms."""

    @property
    def form_secret(self) -> str: ...


Session = TypeVar("Session", bound=HasFormSecret)


class ForeignForm(AccessDenied):
    """The form was not sent by a page of ours, or by one from before the last sign-in or sign-out."""


def check_form(session: Session | None) -> Session:
    """
    The session whose page sent this form.

    Raises:
        ForeignForm: another site sent it, or the page is of another session.
    """
    check_origin()
    sent = request.form.get("form_token", "")
    if session is None or not hmac.compare_digest(sent.encode(), session.form_secret.encode()):
        raise ForeignForm(
            marked("This page is too old. Nothing has been changed. Go back, load the page again and try once more.")
        )
    return session


def check_origin() -> None:
    """
    Refuse what another site sent.

    Raises:
        ForeignForm: the browser says that it was another site.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = site not in ("same-origin", "none") if site else origin not in (None, settings().base_url)
    if foreign:
        raise ForeignForm(marked("Another site sent this form. Nothing has been changed."), detail=f"{site} {origin}")
