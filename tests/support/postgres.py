"""
A PostgreSQL of our own, empty, on a free port, gone when the tests are.

`python -m tests.support.postgres` runs one until its input closes (Ctrl-D) and prints its address first.
The tests start exactly that as a child: when they end, however they end, the pipe closes.
The child then stops the server and removes its files.
"""

import os
import pwd
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

from tests.support import system
from tests.support.ports import free_port
from tests.support.waiting import SECONDS

OLDEST = 15

#: A crash loses the data, which is no loss here. Without autovacuum nothing but the tests takes locks.
_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
}


def binaries() -> Path:
    """
    The folder with `initdb` and `postgres`, the newest found; installed first where that is possible.

    Raises:
        system.Missing: no PostgreSQL 15 or newer, and none could be installed.
    """
    found = _newest()
    if found is None:
        try:
            system.install("postgresql")
        except system.Missing as fault:
            raise system.Missing(f"no PostgreSQL {OLDEST} or newer: {fault}") from fault
        found = _newest()
    if found is None:
        raise system.Missing(f"the PostgreSQL of this machine's packages is older than {OLDEST}")
    return found


def _newest() -> Path | None:
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    if postgres := shutil.which("postgres"):
        places.append(Path(postgres).resolve().parent)
    if pg_config := shutil.which("pg_config"):
        told = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        places.append(Path(told.stdout.strip()))
    # pg_config also comes with the client library alone, so both programs are looked for.
    usable = {place for place in places if (place / "initdb").exists() and (place / "postgres").exists()}
    ranked = sorted((_version(place), place) for place in usable)
    return ranked[-1][1] if ranked and ranked[-1][0] >= OLDEST else None


def _version(place: Path) -> int:
    told = subprocess.run([place / "postgres", "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"\) (\d+)", told.stdout)
    return int(number[1]) if number else 0


class Server:
    """A running server. `url` names its maintenance database; `database()` the address of another one in it."""

    def __init__(self) -> None:
        binaries()
        # A session of its own: Ctrl-C is for the tests, which then close the pipe when they are done with the database.
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.support.postgres"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._child.stdout is not None
        self.url = self._child.stdout.readline().strip()
        if not self.url:
            _, told = self._child.communicate()
            raise RuntimeError(f"PostgreSQL did not start: {told.strip()[-2000:]}")

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._child.communicate(timeout=SECONDS)


def database(url: str, name: str) -> str:
    """The address of another database of the same server."""
    return f"{url.rpartition('/')[0]}/{name}"


def connect(url: str) -> psycopg.Connection:
    """A plain connection that commits each statement, for what is done around a test rather than in it."""
    return psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://"), autocommit=True)


def _account() -> dict[str, object]:
    """Arguments for subprocess: PostgreSQL refuses to run as root, so root lends it an account that exists anyway."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise system.Missing("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as")


def _ready(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Wait until it answers; False when it ended instead."""
    deadline = time.monotonic() + SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return True
    return False


def main() -> int:
    """Run a server until standard input closes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # leaves through every `finally`, as Ctrl-C does
    place, account, port = binaries(), _account(), free_port()
    url = f"postgresql+psycopg://cdsc@127.0.0.1:{port}/postgres"
    # Not TMPDIR: the path of a Unix socket may have about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="cdsc-pg-", dir="/tmp") as home:
        if account:
            os.chown(home, account["user"], account["group"])
        log = Path(home, "log")
        with log.open("wb") as output:
            quiet = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output, "cwd": home, **account}
            initdb = [
                place / "initdb",
                "--pgdata",
                f"{home}/data",
                "--username",
                "cdsc",
                "--auth",
                "trust",
                "--no-sync",
            ]
            made = subprocess.run([*initdb, "--locale", "C", "--encoding", "UTF8"], check=False, **quiet)
            if made.returncode == 0:
                options = [word for name, value in _OPTIONS.items() for word in ("-c", f"{name}={value}")]
                start = [place / "postgres", "-D", f"{home}/data", "-p", str(port), "-k", home, *options]
                with subprocess.Popen(start, **quiet) as server:
                    if _ready(url, server):
                        print(url, flush=True)  # noqa: T201 - whoever started this reads the address here
                        try:
                            while server.poll() is None and not select.select([sys.stdin], [], [], 0.5)[0]:
                                pass
                        finally:
                            server.send_signal(signal.SIGINT)  # its "fast" shutdown: no waiting for clients
                            server.wait()
                        return server.returncode
                    server.kill()
        sys.stderr.write(log.read_text(errors="replace"))
        return 1


if __name__ == "__main__":
    sys.exit(main())
