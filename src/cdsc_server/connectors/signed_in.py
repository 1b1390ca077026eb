"""Sessions that run out: one new sign-in, one more attempt."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cdsc_server.ports import AuthExpired

Answer = TypeVar("Answer")


def signed_in(ask: Callable[[], Answer], *, sign_in: Callable[[], None]) -> Answer:
    """
    The answer; when the session has run out, that of a second attempt after one new sign-in.

    Raises:
        AuthExpired: not let in with a new session either, or the sign-in itself was refused.
    """
    try:
        return ask()
    except AuthExpired:
        sign_in()
        return ask()
