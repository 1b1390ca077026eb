"""Two processes of one server change the same Grant at the same time: it ends in one clear state."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest


def _patch(settings, now, *, bearer, path, body, gate):
    """What one process answers; the gate opens for both at once."""
    from dataclasses import replace

    from cdsc_server.app import create_app, system_ports
    from tests.support.app import dispose
    from tests.support.clock import FakeClock

    app = create_app(settings, replace(system_ports(settings), clock=FakeClock(now)))
    client = app.test_client()
    client.get("/healthz")
    gate.wait(timeout=60)
    answer = client.patch(path, json=body, headers=bearer)
    dispose(app)
    return answer.status_code, answer.json


@pytest.mark.slow
def test_closing_and_widening_at_once_leaves_the_grant_closed(party, approve, settings, clock):
    """Whichever comes first: nothing a Client has closed opens again."""
    approval = approve()
    clock.advance(seconds=1)
    path, context = f"/grants/{approval.grant_id}", multiprocessing.get_context("spawn")
    bodies = [{"status": "closed"}, {"scope": "usage_data account_list"}]

    with context.Manager() as manager, ProcessPoolExecutor(2, mp_context=context) as pool:
        gate = manager.Barrier(2)
        both = [
            pool.submit(_patch, settings, clock.now(), bearer=party.bearer, path=path, body=body, gate=gate)
            for body in bodies
        ]
        (closed, _), (widened, seen) = (each.result(timeout=120) for each in both)

    grant = party.http.get(path, headers=party.bearer).json
    assert closed == 200
    assert widened == 409 or (widened == 200 and seen["status"] == "needs_authorization")
    assert (grant["status"], grant["enabled_scope"], grant["enabled_authorization_details"]) == ("closed", "", [])
    assert grant["scope"] == ("usage_data" if widened == 409 else "usage_data account_list")
