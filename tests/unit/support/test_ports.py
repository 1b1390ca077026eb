"""Ports that are given out before anybody binds them."""

import itertools
import socket

from tests.support import ports


def given_out(monkeypatch, worker):
    monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
    groups = (range(port, port + 8) for port in itertools.islice(ports._own_ports(), 200))
    return {port for group in groups for port in group}


def test_no_two_workers_are_given_the_same(monkeypatch):
    """Two demonstrations listen on the ports behind the ones they are told, too."""
    first, second = given_out(monkeypatch, "gw0"), given_out(monkeypatch, "gw1")

    assert first.isdisjoint(second)
    assert max(first | second) < 32_768, "an outgoing connection may hold it"


def test_a_group_in_which_somebody_listens_is_left_out(monkeypatch):
    taken, free = ports.free_port(), ports.free_port()
    with socket.create_server(("127.0.0.1", taken + 5)):
        monkeypatch.setattr(ports, "_OWN", iter([taken, free]))

        assert ports.free_port() == free
