"""The caller goes to addresses that were judged, whatever a name means, and waits no longer than it may."""

import asyncio
import socket
import time
from contextlib import closing, suppress

import pytest

from cdsc_server.connectors.http_caller import HttpCaller
from cdsc_server.ports import CallFault
from tests.support.receiver import receiving


def call(caller, url):
    async def once():
        async with caller.calling() as post:
            return await post(url, {"Content-Type": "application/json"}, b'{"type": "t", "data": {}}')

    return asyncio.run(once())


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1"])
def test_a_name_that_leads_inside_is_not_called(monkeypatch, address):
    """It was public when the webhook was made, perhaps."""
    with receiving() as receiver:
        port = int(receiver.url.split(":")[2].split("/")[0])
        place = (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [place])

        with pytest.raises(CallFault, match="does not lie in a public network"):
            call(HttpCaller(seconds=2), f"https://client.example:{port}/hook")
        assert receiver.calls == []


def test_this_machine_is_called_where_that_is_allowed():
    with receiving() as receiver:
        assert call(HttpCaller(seconds=5, local=True), receiver.url).status == 200

        with pytest.raises(CallFault, match="must start with https"):
            call(HttpCaller(seconds=5), receiver.url)
        assert len(receiver.calls) == 1


def test_an_answer_that_drips_is_cut_off():
    """Each byte comes in time; the answer does not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        async def dripping(_reader, writer):
            # However it ends, the caller hanging up or the loop: nothing of it is left for another test to find.
            with closing(writer), suppress(ConnectionError):
                for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.02)

        async def once():
            drip = await asyncio.start_server(dripping, sock=server)
            async with drip, HttpCaller(seconds=0.2, local=True).calling() as post:
                await post(url, {}, b"{}")

        begun = time.monotonic()
        with pytest.raises(CallFault, match="no answer within"):
            asyncio.run(once())
        assert time.monotonic() - begun < 5


def test_of_a_long_answer_only_the_beginning_is_read():
    with receiving() as receiver:
        receiver.answer = lambda _: (200, {}, b"x" * 1_000_000)

        assert len(call(HttpCaller(seconds=5, local=True), receiver.url).body) == 16_384
