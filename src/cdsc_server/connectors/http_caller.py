"""
A Caller over HTTP that goes nowhere but where it may.

The name of a host is looked up once for each connection, and the connection goes to an address that was judged: who
changes what the name means between the two gains nothing. Redirects are answers, and are not followed.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from ipaddress import ip_address
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from cdsc_server.domain.webhooks import Network, may_call, url_fault
from cdsc_server.ports import Answer, Call, CallFault

#: As much of an answer as anybody reads.
_MOST_BYTES: Final = 16_384
_MOST_CONNECTIONS: Final = 1_000
_LOOKUPS: Final = 32


class HttpCaller:
    """
    Satisfies `ports.Caller`.

    Args:
        seconds: that a call may take, from the look-up of the name to the end of the answer.
        allowed: networks that may be called besides the public ones.
        local: whether this machine itself may be called, without TLS too.
    """

    def __init__(self, *, seconds: float, allowed: Sequence[Network] = (), local: bool = False) -> None:
        self._seconds, self._allowed, self._local = seconds, tuple(allowed), local

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[Call]:
        """What makes calls, for the running event loop; its connections end with the block."""
        connector = aiohttp.TCPConnector(
            resolver=_Guard(self._allowed, local=self._local), limit=_MOST_CONNECTIONS, use_dns_cache=False
        )
        async with aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        ) as session:

            async def call(url: str, headers: Mapping[str, str], body: bytes) -> Answer:
                if wrong := url_fault(url, allowed=self._allowed, local=self._local):
                    raise CallFault(f"the address {wrong}")
                try:
                    async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                        said = await _beginning(response)
                        return Answer(response.status, said, response.headers.get("Retry-After"))
                except TimeoutError as fault:
                    raise CallFault(f"no answer within {self._seconds:g} seconds") from fault
                except _Forbidden as fault:
                    raise CallFault(str(fault)) from fault
                except (aiohttp.ClientError, OSError, ValueError) as fault:
                    raise CallFault(f"{type(fault).__name__}: {fault}"[:300]) from fault

            yield call


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    said = b""
    while len(said) < _MOST_BYTES and (some := await response.content.read(_MOST_BYTES - len(said))):
        said += some
    return said


class _Forbidden(Exception):
    """The host has an address that may not be called."""


class _Guard(AbstractResolver):
    """Looks names up, and refuses those of which any address may not be called."""

    def __init__(self, allowed: Sequence[Network], *, local: bool) -> None:
        self._allowed, self._local = allowed, local
        # Threads of its own: a name server that hangs holds up nothing but other look-ups.
        self._lookups = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        look_up = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._lookups, look_up)
        addresses = {str(place[0]): kind for kind, _, _, _, place in found}
        for each in addresses:
            if not may_call(ip_address(each.partition("%")[0]), allowed=self._allowed, local=self._local):
                raise _Forbidden(f"{host} does not lie in a public network")
        return [
            ResolveResult(hostname=host, host=each, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for each, kind in addresses.items()
        ]

    async def close(self) -> None:
        """Let the threads go; who still waits for a name server is not waited for."""
        self._lookups.shutdown(wait=False, cancel_futures=True)
