"""A folder that is looked through, and a source that puts files there."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from cdsc_server import jobs
from cdsc_server.services import deliveries
from cdsc_server.storage.db import transaction
from tests.factories import customer_data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The import folder, empty."""
    path = tmp_path / "imports"
    path.mkdir()
    return path


@pytest.fixture
def settings(settings: Any, folder: Path, tmp_path: Path) -> Any:
    return replace(settings, import_dir=str(folder), jobs_url=f"sqlite:///{tmp_path / 'jobs.sqlite'}")


@dataclass(frozen=True)
class Inbox:
    """The folder: a source puts files there, a worker looks, and somebody outside sees what came of it."""

    path: Path
    settings: Any
    clock: Any
    queue: Any
    app: Any

    def put(self, name: str, content: bytes | None, *, seconds: int = 60, **beside: bytes) -> None:
        """
        Put a file there, as of some seconds ago.

        Args:
            name: below the folder, such as `bills/may.json`.
            content: None makes a directory of the files beside.
            beside: files in it, by name with `_` for the point.
        """
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.mkdir()
            for each, written in beside.items():
                (path / ".".join(each.rsplit("_", 1))).write_bytes(written)
        else:
            path.write_bytes(content)
        at = self.clock.now().timestamp() - seconds
        for each in (*path.glob("*"), path):
            os.utime(each, (at, at))

    def due(self, task: str) -> list[int]:
        """The minutes of the next hour in which the timetable has a task run."""
        now = self.clock.now()
        return [
            minute
            for minute in range(60)
            if task in {each.name for each in self.queue.read_periodic(now + timedelta(minutes=minute))}
        ]

    def run(self, task: str) -> None:
        """Do what a worker does as soon as the timetable says so."""
        at = self.clock.now() + timedelta(minutes=self.due(task)[0])
        next(each for each in self.queue.read_periodic(at) if each.name == task).execute()

    def look(self) -> None:
        """Have the folder looked through."""
        self.run("import_folder")

    def names(self, directory: str) -> list[str]:
        """What lies in a directory of the folder, hidden files left out."""
        return sorted(each.name for each in (self.path / directory).iterdir() if not each.name.startswith("."))

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a query finds, seen from outside."""
        engine = create_engine(self.settings.database_url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    def noted(self) -> list[tuple[str, str, str]]:
        """What is written down of deliveries: name, outcome, and the first line of the report."""
        found = self.rows("SELECT name, outcome, lines FROM deliveries ORDER BY delivery_id")
        return [(name, outcome, json.loads(lines)[0]) for name, outcome, lines in found]

    def late(self) -> dict[str, tuple[str, ...]]:
        """The sources that are late, with the scenarios that say so."""
        catalogue = self.app.extensions["cdsc"].catalogue
        with self.app.app_context():
            found = deliveries.late_sources(settings=self.settings, catalogue=catalogue, clock=self.clock)
        return {each.source: each.scenarios for each in found}


@pytest.fixture
def inbox(folder: Path, settings: Any, ports: Any, app: Any) -> Inbox:
    queue = jobs.queue(settings)
    jobs.register(queue, app, settings, ports)
    return Inbox(folder, settings, ports.clock, queue, app)


@pytest.fixture
def home(app: Any) -> None:
    """An Account A-home of Ada's, with what the bills of these tests are about."""
    make = customer_data
    with app.app_context(), transaction() as session:
        session.add(make.customer("ada"))
        session.flush()
        session.add_all([make.account("home"), make.contract("house", "home"), make.contract("shop", "home")])
        session.add_all([make.service_point("house-sp"), make.meter("m-house")])
