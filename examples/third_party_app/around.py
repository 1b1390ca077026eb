"""
What our examples have around their own pages: one registered Client, reading with the token of a browser, words for
what went wrong, and headers that keep people's data where it is.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import requests
from cds import AccessEnded, CDSError, Client, Registration, register, to_stored
from flask import Blueprint, Flask, Response, current_app, render_template, request, session
from flask.typing import ResponseReturnValue
from store import Store

# `message.html` of this folder is drawn in the `base.html` of the app.
_around = Blueprint("around", __name__, template_folder="templates")


@dataclass(frozen=True)
class Ourselves:
    """What an app registers itself with; `server` is the address of the utility's server."""

    server: str
    name: str
    site: str
    redirect_uri: str
    scope: str
    contact: str


class Connections:
    """An app as a Client, and what its browsers may read."""

    def __init__(self, us: Ourselves, store: Store) -> None:
        self._us, self._store, self._registering = us, store, threading.Lock()

    def client(self) -> Client:
        """Ourselves as a registered Client; the first call registers."""
        with self._registering:
            known = self._store.registration
            if known is None or (known["server"], known["redirect_uri"]) != (self._us.server, self._us.redirect_uri):
                known = to_stored(register(**asdict(self._us)))
                self._store.keep_registration(known)
        return _connected(Registration(**known))

    def read(self, path: str, key: str, **filters: str) -> list[dict[str, Any]]:
        """
        Every object of a listing that the browser of this request may read; a refreshed token is kept.

        Raises:
            AccessEnded: there is no token, or it opens nothing any more.
        """
        browser = session["browser"]
        connection = self._store.connection(browser)
        if connection is None:
            raise AccessEnded("We have forgotten our key to your data.")

        def keep(token: dict[str, Any]) -> None:
            self._store.keep_connection(browser, {**connection, "token": token})

        return list(self.client().read(connection["token"], path, key, keep, **filters))


def surround(app: Flask, server: str, *, cookie: str, key: str) -> None:
    """
    Give an app what stands around its pages.

    Args:
        server: address of the utility's server.
        cookie: a name of its own, because cookies of one host are shared by all of its ports.
        key: signs the cookie.
    """
    app.secret_key = key
    app.config.update(
        CDS_SERVER=server, SESSION_COOKIE_NAME=cookie, SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_HTTPONLY=True
    )
    app.register_blueprint(_around)


def serve(app: Flask, port: int, variable: str) -> None:
    """Run an app for developers; `variable` is the one that chooses another port."""
    try:
        app.run(host="127.0.0.1", port=port, threaded=True)
    except OSError as fault:
        sys.exit(f"Port {port} cannot be used ({fault}); choose another one with {variable}.")


@_around.get("/healthz")
def look() -> ResponseReturnValue:
    """For whoever starts this program: it answers."""
    return {"status": "ok"}


@_around.app_errorhandler(CDSError)
def failed(fault: CDSError) -> ResponseReturnValue:
    """Say what went wrong and what to do."""
    return render_template("message.html", title="That did not work", words=str(fault), again=True), 502


@_around.app_errorhandler(requests.RequestException)
def unreachable(_: requests.RequestException) -> ResponseReturnValue:
    """The utility's server does not answer."""
    server = current_app.config["CDS_SERVER"]
    words = f"{server} does not answer. Try again in a moment; if you run it yourself, see that it is started."
    return render_template("message.html", title="The utility cannot be reached", words=words, again=True), 502


@_around.after_app_request
def guard(response: Response) -> Response:
    """Pages with somebody's data are kept by nobody, and load nothing from elsewhere."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    if not request.path.endswith((".css", ".svg")):
        response.headers["Cache-Control"] = "no-store"
    return response


@lru_cache(maxsize=1)
def _connected(registration: Registration) -> Client:
    """The Client, with the server's metadata as it was when this program first needed it."""
    return Client(registration)
