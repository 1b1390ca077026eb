"""
The requests of one process take turns: while one is worked on the others wait at the door, though none for long.

Python runs one thread at a time. Threads that take it from each other at each answer of the database spend a third of
all their time on that (docs/explanation/decisions/0024-requests-take-turns.md).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Ten times what most requests take, so that one in a row of them gets its turn before it loses patience.
_PATIENCE_SECONDS: Final = 0.05


class Turns:
    """
    A WSGI application, called by one thread at a time.

    Who waited long enough goes in all the same: a request that waits for a platform, a lock or a password holds up
    nobody for longer. What is sent after the call, such as a stream, is nobody's turn.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._turn = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        mine = self._turn.acquire(timeout=_PATIENCE_SECONDS)
        try:
            return self._application(environ, start_response)
        finally:
            if mine:
                self._turn.release()
