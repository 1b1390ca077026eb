"""Two processes of one server change the same Client Object or Credential at the same time: one clear state."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.factories.oauth import Authentication
from tests.support.waiting import SECONDS

ROUNDS = 6


def _send(settings, now, *, method, path, bodies, bearer, gate):
    """What one process is answered, body after body; the gate opens for both at once."""
    from dataclasses import replace

    from cdsc_server.app import create_app, system_ports
    from tests.support.app import dispose
    from tests.support.clock import FakeClock

    app = create_app(settings, replace(system_ports(settings), clock=FakeClock(now)))
    client = app.test_client()
    client.get("/healthz")
    answers = []
    for body in bodies:
        gate.wait(timeout=SECONDS)
        answer = client.open(path, method=method, json=body, headers=bearer)
        answers.append((answer.status_code, answer.json))
    dispose(app)
    return answers


@pytest.fixture
def at_once(party, settings, clock):
    """What two processes are answered that send these bodies at the same moments."""

    def send(method, path, one, other):
        context = multiprocessing.get_context("spawn")
        with context.Manager() as manager, ProcessPoolExecutor(2, mp_context=context) as pool:
            gate = manager.Barrier(2)
            told = {"method": method, "path": path, "bearer": party.bearer, "gate": gate}
            both = [pool.submit(_send, settings, clock.now(), bodies=bodies, **told) for bodies in (one, other)]
            return [each.result(timeout=SECONDS) for each in both]

    return send


@pytest.mark.slow
def test_of_two_replacements_at_once_one_stands_whole(party, at_once):
    """Nothing of the one is mixed into the other, and the Client is told of each change that there was."""
    path = f"/clients/{party.app.client_id}"
    shown = party.http.get(path, headers=party.bearer).json
    plain = {**shown, "client_name": "Plain", "contacts": ["plain@client.example"]}
    named = [{**plain, "client_name": f"Named {n}"} for n in range(ROUNDS)]
    reached = [{**plain, "contacts": [f"{n}@client.example"]} for n in range(ROUNDS)]

    answers = at_once("PUT", path, named, reached)

    after = party.http.get(path, headers=party.bearer).json
    assert [status for each in answers for status, _ in each] == [200] * ROUNDS * 2
    for (_, one), (_, other), asked, asked_too in zip(*answers, named, reached, strict=True):
        assert (one["client_name"], one["contacts"]) == (asked["client_name"], asked["contacts"])
        assert (other["client_name"], other["contacts"]) == (asked_too["client_name"], asked_too["contacts"])
    assert (after["client_name"], after["contacts"]) in [
        (last["client_name"], last["contacts"]) for last in (named[-1], reached[-1])
    ]


@pytest.mark.slow
def test_of_two_ends_at_once_the_earlier_holds(party, at_once, clock):
    """Whichever comes first: what has ended does not live again, nor what was issued with it."""
    made = party.http.post("/credentials", json={"client_id": party.app.client_id}, headers=party.bearer).json
    path, now = f"/credentials/{made['credential_id']}", int(clock.now().timestamp())
    soon = [{"client_secret_expires_at": now + 3600 - n} for n in range(ROUNDS)]
    later = [{"client_secret_expires_at": now + 3600 - n} for n in range(ROUNDS - 1)] + [
        {"client_secret_expires_at": now}
    ]

    answers = at_once("PATCH", path, soon, later)

    after = party.http.get(path, headers=party.bearer).json
    by = Authentication(party.app.client_id, made["client_secret"])
    assert {status for each in answers for status, _ in each} <= {200, 400, 409}
    assert answers[1][-1][0] == 200
    assert after["client_secret_expires_at"] == now
    assert party.http.post("/oauth/introspect", data={"token": "x"}, headers=by.headers).status_code == 401
