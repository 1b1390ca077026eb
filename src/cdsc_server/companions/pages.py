"""What the pages of the companions share: the look of the server's pages, headers, a socket of this machine."""

from __future__ import annotations

import signal
import threading
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from flask import Flask, Response, send_from_directory
from werkzeug.serving import WSGIRequestHandler, make_server

from cdsc_server import web
from cdsc_server.languages import moment

_STATIC: Final = Path(web.__file__).with_name("static")
_OWN: Final = Path(__file__).with_name("static")
HOST: Final = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Say nothing: addresses hold what should not be in a log."""


def companion(name: str) -> Flask:
    """An application with the style sheets of the server, that answers no name but this machine's own."""
    app = Flask(name, static_folder=None, template_folder=str(Path(__file__).with_name("templates")))
    # Another site's page must not reach us under a name that was made to point here.
    app.config["TRUSTED_HOSTS"] = [HOST, "localhost"]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters["moment"] = _moment
    app.after_request(_guarded)

    @app.get("/static/<name>")
    def static_file(name: str) -> Response:
        return send_from_directory(_OWN if (_OWN / name).is_file() else _STATIC, name)

    @app.get("/healthz")
    def look() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _moment(instant: datetime) -> str:
    return f"{moment(instant, ZoneInfo('UTC'))} UTC"


def _guarded(response: Response) -> Response:
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'",
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def serve(app: Flask, port: int) -> None:
    """Answer on a port of this machine until SIGINT or SIGTERM."""
    server = make_server(HOST, port, app, threaded=True, request_handler=_Quiet)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    ended.wait()
    server.shutdown()
    thread.join()
    server.server_close()
