"""Answers that are written while they are sent: in contexts of their own, and compressed."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TypeVar, cast

from flask import Flask, Response, current_app, request

Piece = TypeVar("Piece")


def streamed(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """
    The pieces, each made inside a context of the application that is left again before it is sent.

    A context that stays open while the Client reads would have to be left wherever it happens to stop reading.
    """
    app = application()

    def each() -> Iterator[Piece]:
        while True:
            with app.app_context():
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    return each()


def compress(response: Response, body: Iterator[bytes]) -> None:
    """Answer this body as one gzip stream where the caller takes that."""
    response.vary.add("Accept-Encoding")
    if request.accept_encodings.quality("gzip") > 0:
        response.response = _compressed(body)
        response.content_encoding = "gzip"


def application() -> Flask:
    """The application itself, for what happens after the request."""
    return cast("Flask", current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001


def _compressed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces as one gzip stream; level 1 already takes away four bytes of five and costs little."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
