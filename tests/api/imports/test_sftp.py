"""Deliveries from an SFTP server: a process of its own, whose key is the only one that is believed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from cdsc_server.connectors.sftp import SftpPlace
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import PlaceFault
from tests.factories.greenbutton import document, entries, hourly, one_row

ONCE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

READINGS = document(entries(one_row(hourly([1]), customer="7")))
#: When files were written over there: a minute before the clock of these tests.
WRITTEN = datetime(2026, 3, 1, 11, 59, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class Server:
    """The other side: what lies there, and how to get in."""

    root: Path
    port: int
    key_file: Path
    hosts_file: Path

    @property
    def url(self) -> str:
        return f"sftp://north@127.0.0.1:{self.port}/out"

    def place(self) -> SftpPlace:
        return SftpPlace.read(self.url, key_file=str(self.key_file), hosts_file=str(self.hosts_file))

    def put(self, name: str, content: bytes, *, at: float = WRITTEN) -> None:
        path = self.root / "out" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        for each in (path, path.parent):
            os.utime(each, (at, at))

    def names(self, directory: str) -> list[str]:
        place = self.root / "out" / directory
        return sorted(each.name for each in place.iterdir()) if place.is_dir() else []


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key pairs of the server and of us."""
    folder = tmp_path_factory.mktemp("ssh")
    for name in ("host", "client", "stranger"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(str(folder / name))
        key.write_public_key(str(folder / f"{name}.pub"))
    return folder


@pytest.fixture
def server(keys: Path, tmp_path: Path) -> Iterator[Server]:
    """A server with an empty directory `out`."""
    root = tmp_path / "there"
    (root / "out").mkdir(parents=True)
    command = [
        sys.executable,
        "-m",
        "tests.support.sftp_server",
        str(root),
        str(keys / "host"),
        str(keys / "client.pub"),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(process.stdout.readline())
        hosts = tmp_path / "known_hosts"
        hosts.write_text(f"[127.0.0.1]:{port} {(keys / 'host.pub').read_text()}")
        yield Server(root, port, keys / "client", hosts)
        process.stdin.close()


@pytest.fixture
def settings(settings: Any, server: Server) -> Any:
    return replace(
        settings,
        sftp_url=server.url,
        sftp_key_file=str(server.key_file),
        sftp_hosts_file=str(server.hosts_file),
    )


@ONCE
def test_what_lies_ready_is_brought_and_taken_in(inbox, server):
    """A directory comes whole; over there both are put away, so that nobody brings them again."""
    server.put("greenbutton/january.xml", READINGS)
    server.put("bills/may/may.json", b'{"bill_statements": []}')
    server.put("bills/may/may.pdf", b"%PDF")
    server.put("unknown/else.xml", READINGS)

    inbox.look()

    assert inbox.rows("SELECT count(*) FROM usage_blocks") == [(1,)]
    assert [outcome for _, outcome, _ in inbox.noted()] == ["taken", "taken"]
    assert server.names("fetched/greenbutton") == ["20260301T115900Z-january.xml"]
    assert sorted(each.name for each in (server.root / "out/fetched/bills/20260301T115900Z-may").iterdir()) == [
        "may.json",
        "may.pdf",
    ]
    assert [server.names(kind) for kind in ("greenbutton", "bills", "unknown")] == [[], [], ["else.xml"]]


@ONCE
def test_what_is_still_written_waits(server, inbox):
    server.put("deltas/new.csv", b"1", at=inbox.clock.now().timestamp() - 5)
    server.put("deltas/old.csv.part", b"1")
    (server.root / "out/deltas/link.csv").symlink_to(server.key_file)
    os.utime(server.root / "out/deltas/link.csv", (WRITTEN, WRITTEN), follow_symlinks=False)

    assert server.place().fetch(["deltas"], inbox.path, now=inbox.clock.now()) == []

    assert server.names("deltas") == ["link.csv", "new.csv", "old.csv.part"]
    assert not (inbox.path / "deltas").exists()


@ONCE
def test_what_was_brought_before_it_was_put_away_is_brought_again_and_changes_nothing(inbox, server):
    """As after a death between the two steps; what waits here under its name is not overwritten."""
    server.put("greenbutton/january.xml", READINGS)
    inbox.look()
    server.put("greenbutton/january.xml", READINGS)
    inbox.put("greenbutton/january.xml", b"waits")

    assert server.place().fetch(["greenbutton"], inbox.path, now=inbox.clock.now()) == []
    assert (inbox.path / "greenbutton/january.xml").read_bytes() == b"waits"

    (inbox.path / "greenbutton/january.xml").unlink()
    inbox.look()
    assert inbox.rows("SELECT count(*) FROM usage_blocks") == [(1,)]
    assert server.names("fetched/greenbutton") == ["20260301T115900Z-january.xml", "20260301T115900Z.2-january.xml"]


@ONCE
def test_a_copy_that_was_cut_short_is_made_anew(inbox, server):
    server.put("greenbutton/january.xml", READINGS)
    inbox.put("greenbutton/.coming-january.xml", b"<half")

    inbox.look()

    assert inbox.rows("SELECT count(*) FROM usage_blocks") == [(1,)]
    assert inbox.names("greenbutton") == []


@ONCE
def test_another_server_at_the_address_gets_nothing(inbox, server, keys, caplog):
    """And an operator reads what to do; the folder is looked through all the same."""
    server.put("greenbutton/january.xml", READINGS)
    inbox.put("greenbutton/here.xml", READINGS)
    server.hosts_file.write_text(f"[127.0.0.1]:{server.port} {(keys / 'stranger.pub').read_text()}")

    inbox.look()

    assert "CDSC_SFTP_HOSTS_FILE" in caplog.text
    assert server.names("greenbutton") == ["january.xml"]
    assert [outcome for _, outcome, _ in inbox.noted()] == ["taken"]


@ONCE
def test_a_key_that_is_not_known_there_is_told(inbox, server, keys):
    place = replace(server.place(), key_file=keys / "stranger")

    with pytest.raises(PlaceFault, match="CDSC_SFTP_KEY_FILE"):
        place.fetch(["deltas"], inbox.path, now=inbox.clock.now())


@ONCE
def test_a_server_that_says_nothing_is_given_up(inbox, server):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        place = replace(server.place(), port=mute.getsockname()[1], seconds=0.3)

        with pytest.raises(PlaceFault, match=r"127\.0\.0\.1"):
            place.fetch(["deltas"], inbox.path, now=inbox.clock.now())


def test_a_file_that_is_missing_is_named_at_the_start(server):
    with pytest.raises(InvalidConfiguration, match="CDSC_SFTP_KEY_FILE"):
        SftpPlace.read(server.url, key_file="nowhere", hosts_file=str(server.hosts_file))
