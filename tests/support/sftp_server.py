"""
An SFTP server on a free port of 127.0.0.1 that shows one directory.

`python -m tests.support.sftp_server ROOT HOST_KEY CLIENT_PUBLIC_KEY` prints its port.
It ends when its standard input is closed.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import asyncssh


async def serve(root: str, host_key: str, client_key: str) -> None:
    """Let in whoever has the private part of the client key, into the root and no higher."""

    class Rooted(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel) -> None:
            super().__init__(channel, chroot=root)

    server = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host_key], authorized_client_keys=client_key, sftp_factory=Rooted
    )
    print(server.get_port(), flush=True)  # noqa: T201 - whoever started this reads the port here
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    root, host_key, client_key = sys.argv[1:]
    assert Path(root).is_dir()
    asyncio.run(serve(root, host_key, client_key))
