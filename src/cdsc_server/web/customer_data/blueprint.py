"""The blueprint of all Customer data, and what its answers have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, TypeVar, cast

from flask import Blueprint, Flask, Response, current_app, g

from cdsc_server.services.grant_reads import note_read
from cdsc_server.web.context import ports

blueprint: Final = Blueprint("customer_data", __name__)

Piece = TypeVar("Piece")


@blueprint.after_request
def _finish(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    token = g.get("token")
    if response.status_code in (200, 206) and token is not None and token.grant is not None:
        # After the last byte, so that nobody waits for it.
        response.call_on_close(_noting(token.grant.grant_id))
    return response


def _noting(grant_id: str) -> Callable[[], None]:
    app, clock = _application(), ports().clock

    def note() -> None:
        with app.app_context():
            note_read(grant_id, at=clock.now())

    return note


def streamed(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """
    The pieces, each made inside a context of the application that is left again before it is sent.

    A context that stays open while the Client reads would have to be left wherever it happens to stop reading.
    """
    app = _application()

    def each() -> Iterator[Piece]:
        while True:
            with app.app_context():
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    return each()


def _application() -> Flask:
    return cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
