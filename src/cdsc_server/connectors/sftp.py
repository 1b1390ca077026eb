"""
Deliveries that lie on an SFTP server, brought into a folder of this machine.

    <path>/deltas/north-42.csv  ->  <folder>/deltas/north-42.csv, then moved to <path>/fetched/deltas/ over there

Moving it over there is the last step, after it is safe here: what is cut short is brought again by the next look, and
taking in the same delivery twice changes nothing.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import stat
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from cdsc_server.connectors.durable import settle
from cdsc_server.errors import InvalidConfiguration
from cdsc_server.ports import PlaceFault

#: Where deliveries are moved on the server once they are here.
AWAY: Final = "fetched"
#: Seconds without a change after which nobody is writing any more.
_QUIET: Final = timedelta(seconds=30)
_UNFINISHED: Final = (".part", ".partial", ".filepart", ".tmp")
#: Deliveries that are being brought; the import folder leaves names with a point alone.
_COMING: Final = ".coming-"
#: What goes wrong when a file is written here, and not on the way.
_OF_THIS_MACHINE: Final = frozenset({errno.EACCES, errno.EDQUOT, errno.EIO, errno.ENOSPC, errno.EPERM, errno.EROFS})
#: A server that says nothing for three of these is given up.
_KEEPALIVE_SECONDS: Final = 15


@dataclass(frozen=True, slots=True)
class SftpPlace:
    """
    A directory on an SFTP server.

    Args:
        key_file: with our private key, in the form of OpenSSH and without a passphrase.
        hosts_file: with the keys of hosts that are believed, in the form of OpenSSH's `known_hosts`.
        seconds: for connecting and signing in.
    """

    host: str
    port: int
    user: str
    path: str
    key_file: Path
    hosts_file: Path
    seconds: float = field(default=20.0, kw_only=True)

    @classmethod
    def read(cls, url: str, *, key_file: str, hosts_file: str) -> SftpPlace:
        """
        The place of an address `sftp://USER@HOST:PORT/PATH`; PATH is below the user's home where it begins with `~/`.

        Raises:
            InvalidConfiguration: asyncssh is not installed, or a file cannot be read.
        """
        try:
            import asyncssh  # noqa: F401
        except ImportError as fault:
            raise InvalidConfiguration(
                ["CDSC_SFTP_URL needs the extra sftp: pip install 'cdsc-server[sftp]'"]
            ) from fault
        faults = [
            f"{name} {file!r} cannot be read"
            for name, file in (("CDSC_SFTP_KEY_FILE", key_file), ("CDSC_SFTP_HOSTS_FILE", hosts_file))
            if not os.access(file, os.R_OK)
        ]
        if faults:
            raise InvalidConfiguration(faults)
        parts = urlsplit(url)
        path = unquote(parts.path).rstrip("/") or "/"
        path = path.removeprefix("/~/") if path.startswith("/~/") else path
        return cls(
            str(parts.hostname),
            parts.port or 22,
            unquote(str(parts.username)),
            path,
            Path(key_file),
            Path(hosts_file),
        )

    def fetch(self, kinds: Collection[str], into: Path, *, now: datetime) -> list[str]:
        """
        Bring what lies ready over there; what lies here under the same name still waits its turn and is left alone.

        Args:
            kinds: the directories that are looked through, such as `deltas`.
            into: the folder that has such directories, too; missing ones are made.

        Returns:
            What was brought, such as `deltas/north-42.csv`, in the order of names.

        Raises:
            PlaceFault: the server cannot be reached, is another one than before, refuses us, or breaks off. What was
                brought before is here, and the rest is brought the next time.
            OSError: it cannot be written here.
        """
        return asyncio.run(self._fetch(kinds, into, now))

    async def _fetch(self, kinds: Collection[str], into: Path, now: datetime) -> list[str]:
        import asyncssh

        brought: list[str] = []
        try:
            async with (
                asyncssh.connect(
                    self.host,
                    self.port,
                    username=self.user,
                    client_keys=[str(self.key_file)],
                    known_hosts=str(self.hosts_file),
                    # Nothing of the account we run as: neither its agent, nor its configuration.
                    agent_path=None,
                    config=None,
                    preferred_auth="publickey",
                    connect_timeout=self.seconds,
                    login_timeout=self.seconds,
                    keepalive_interval=_KEEPALIVE_SECONDS,
                ) as connection,
                connection.start_sftp_client() as server,
            ):
                for kind in kinds:
                    for name, changed in await _ready(server, f"{self.path}/{kind}", now - _QUIET):
                        if await self._bring(server, kind, name, changed, into):
                            brought.append(f"{kind}/{name}")
        except asyncssh.HostKeyNotVerifiable as fault:
            raise PlaceFault(
                f"{self.host} is not the server whose key stands in CDSC_SFTP_HOSTS_FILE. Ask its operator for the new "
                "key before you change that file."
            ) from fault
        except asyncssh.PermissionDenied as fault:
            raise PlaceFault(
                f"{self.host} does not let {self.user} in with the key of CDSC_SFTP_KEY_FILE: have its public part put "
                "into the account over there."
            ) from fault
        except asyncssh.SFTPError as fault:
            raise PlaceFault(f"{self.host} refuses what is asked of it below {self.path}: {fault.reason}") from fault
        except asyncssh.Error as fault:
            raise PlaceFault(f"{self.host} breaks off: {fault.reason}") from fault
        except OSError as fault:
            if fault.errno in _OF_THIS_MACHINE:
                raise
            raise PlaceFault(
                f"{self.host}:{self.port} cannot be reached: {str(fault) or 'no answer in time'}"
            ) from fault
        return brought

    async def _bring(self, server: Any, kind: str, name: str, changed: datetime, into: Path) -> bool:
        """Bring one delivery; False when one of its name waits here."""
        there, here = f"{self.path}/{kind}/{name}", into / kind / name
        coming = here.with_name(f"{_COMING}{name}")
        here.parent.mkdir(exist_ok=True)
        if os.path.lexists(here):
            return False
        _remove(coming)
        await _copy(server, there, coming)
        coming.rename(here)
        settle(here.parent)
        away = f"{self.path}/{AWAY}/{kind}"
        await server.makedirs(away, exist_ok=True)
        await server.rename(there, await _free(server, f"{away}/{changed:%Y%m%dT%H%M%SZ}", name))
        return True


async def _ready(server: Any, directory: str, before: datetime) -> list[tuple[str, datetime]]:
    """The deliveries in a directory over there that nobody changed since then, each with when that was."""
    if not await server.isdir(directory):
        return []
    found = []
    for name in sorted(await server.listdir(directory)):
        # A name is what the server says: it must not lead anywhere else here.
        if name.startswith(".") or name.endswith(_UNFINISHED) or "/" in name or "\0" in name:
            continue
        changed = await _changed(server, f"{directory}/{name}")
        if changed is not None and changed <= before:
            found.append((name, changed))
    return found


async def _changed(server: Any, path: str) -> datetime | None:
    """When anything of a delivery was changed last; None for what is neither a file nor a directory of files."""
    told = await server.lstat(path)
    changed = datetime.fromtimestamp(told.mtime or 0, UTC)
    if stat.S_ISREG(told.permissions):
        return changed
    if not stat.S_ISDIR(told.permissions):
        return None
    for name in await _members(server, path):
        member = await server.lstat(f"{path}/{name}")
        changed = max(changed, datetime.fromtimestamp(member.mtime or 0, UTC))
    return changed


async def _members(server: Any, directory: str) -> list[str]:
    return sorted(name for name in await server.listdir(directory) if name not in (".", "..") and "/" not in name)


async def _copy(server: Any, there: str, here: Path) -> None:
    """Copy a file, or a directory with the files in it; links and directories inside are left out."""
    told = await server.lstat(there)
    if stat.S_ISREG(told.permissions):
        await server.get(there, str(here), preserve=True)
        settle(here)
        return
    here.mkdir()
    for name in await _members(server, there):
        if stat.S_ISREG((await server.lstat(f"{there}/{name}")).permissions):
            await server.get(f"{there}/{name}", str(here / name), preserve=True)
            settle(here / name)
    # As of when it was written, like the files: it is not being written any more.
    os.utime(here, (told.mtime or 0, told.mtime or 0))
    settle(here)


async def _free(server: Any, place: str, name: str) -> str:
    """A path that begins and ends so, at which there is nothing yet."""
    for more in ("", *(f".{number}" for number in range(2, 1000))):
        path = f"{place}{more}-{name}"
        if not await server.lexists(path):
            return path
    raise PlaceFault(f"{place}-{name} came a thousand times: clear what was fetched")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
