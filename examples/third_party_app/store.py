"""What the app remembers between starts: one JSON file that only its owner may read."""

from __future__ import annotations

import json
import os
import secrets
import threading
from pathlib import Path
from typing import Any


class Store:
    """The registration, and a token for each browser that connected a customer."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._state: dict[str, Any] = {"cookie_key": secrets.token_hex(32), "registration": None, "connections": {}}
        if path.exists():
            self._state = json.loads(path.read_text(encoding="utf-8"))
        else:
            self._write()

    @property
    def cookie_key(self) -> str:
        """Signs the cookie that tells browsers apart."""
        return str(self._state["cookie_key"])

    @property
    def registration(self) -> dict[str, str] | None:
        """What registering gave, or None before that."""
        found: dict[str, str] | None = self._state["registration"]
        return found

    def keep_registration(self, registration: dict[str, str]) -> None:
        """Remember it; everybody connected under another one has to connect again."""
        with self._lock:
            self._state["registration"], self._state["connections"] = registration, {}
            self._write()

    def connection(self, browser: str | None) -> dict[str, Any] | None:
        """The connection of a browser: its token and when it was made."""
        found: dict[str, Any] | None = self._state["connections"].get(browser)
        return found

    def keep_connection(self, browser: str, connection: dict[str, Any]) -> None:
        """Remember a connection, or a fresh token of it."""
        with self._lock:
            self._state["connections"][browser] = connection
            self._write()

    def forget_connection(self, browser: str | None) -> None:
        """Forget a token that opens nothing any more."""
        with self._lock:
            self._state["connections"].pop(browser, None)
            self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self._state, file, indent=2)
        new.replace(self._path)
