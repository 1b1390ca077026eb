"""Logs: one line per request with an id the caller gets back, and nothing secret in it."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
import traceback
from typing import Any, Final

from flask import Flask, Response, g, request

_access = logging.getLogger("cdsc_server.access")
#: Where the faults of databases and their drivers are defined.
_OF_DATABASES: Final = ("psycopg.", "sqlalchemy.", "sqlite3.")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def configure(log_format: str) -> None:
    """Send the logs of the process to standard error as text or JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(log_format))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # No format of ours says where in the source a line comes from, or from which thread; finding out takes its time.
    logging._srcfile = None  # noqa: SLF001  (as the logging how-to says)
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def formatter(log_format: str) -> logging.Formatter:
    """How a line of the log is written: as "text" or as "json"."""
    return _JSONLines() if log_format == "json" else _Lines("%(asctime)s %(levelname)s %(name)s %(message)s")


class _Lines(logging.Formatter):
    #: A second since 1970 and how it is written: a busy server logs thousands of lines in one.
    _second: tuple[int, str] = (0, "")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """As the library writes it, in local time with milliseconds."""
        number, text = self._second
        if number != int(record.created):
            number = int(record.created)
            text = time.strftime(datefmt or self.default_time_format, time.localtime(number))
            self._second = number, text
        return f"{text},{int(record.msecs):03d}"

    def formatException(self, ei: tuple[type[BaseException], BaseException, Any] | tuple[None, None, None]) -> str:  # noqa: N802
        """The traceback; of what a database says only the first line, because the others quote what was stored."""
        told: list[str] = []
        fault = ei[1]
        while fault is not None:
            name = f"{type(fault).__module__}.{type(fault).__qualname__}"
            said = str(fault)
            if name.startswith(_OF_DATABASES):
                said = said.partition("\n")[0]
            frames = "".join(traceback.format_tb(fault.__traceback__))
            told.append(f"Traceback (most recent call last):\n{frames}{name}: {said}")
            fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        return "\n\nwhich led to\n\n".join(reversed(told))


class _JSONLines(_Lines):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def install(app: Flask) -> None:
    """Give each request an id, and log its method, route, status and time; never its query, headers or body."""

    @app.before_request
    def _start() -> None:
        offered = request.headers.get("X-Request-Id", "")
        g.request_id = offered if _REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)
        g.started = time.perf_counter()

    @app.after_request
    def _end(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.get("request_id", "-")
        elapsed = (time.perf_counter() - g.get("started", time.perf_counter())) * 1000
        # The route, not the path: paths can hold secrets, such as that of a receipt.
        _access.info(
            "%s %s %s %.1fms %s",
            request.method,
            request.url_rule,
            response.status_code,
            elapsed,
            g.get("request_id", "-"),
        )
        return response
