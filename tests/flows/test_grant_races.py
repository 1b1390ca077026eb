"""Two processes of one server change the same Grant at the same time: it ends in one clear state."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.factories.oauth import register
from tests.support.waiting import SECONDS


def _patch(settings, now, *, bearer, path, body, gate):
    """What one process answers; the gate opens for both at once."""
    from dataclasses import replace

    from cdsc_server.app import create_app, system_ports
    from tests.support.app import dispose
    from tests.support.clock import FakeClock

    app = create_app(settings, replace(system_ports(settings), clock=FakeClock(now)))
    client = app.test_client()
    client.get("/healthz")
    gate.wait(timeout=SECONDS)
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
        (closed, _), (widened, seen) = (each.result(timeout=SECONDS) for each in both)

    grant = party.http.get(path, headers=party.bearer).json
    assert closed == 200
    assert widened == 409 or (widened == 200 and seen["status"] == "needs_authorization")
    assert (grant["status"], grant["enabled_scope"], grant["enabled_authorization_details"]) == ("closed", "", [])
    assert grant["scope"] == ("usage_data" if widened == 409 else "usage_data account_list")


def _share(settings, now, *, client_id, grant_id, name, gate):
    """What one process shares by the Grant."""
    import io
    from dataclasses import replace

    from cdsc_server.app import create_app, load_catalogue, system_ports
    from cdsc_server.services import files
    from tests.support.app import dispose
    from tests.support.clock import FakeClock

    ports = replace(system_ports(settings), clock=FakeClock(now))
    app = create_app(settings, ports)
    catalogue = load_catalogue(settings)
    gate.wait(timeout=SECONDS)
    with app.app_context():
        shared = files.share_file(
            client_id,
            io.BytesIO(name.encode()),
            name=name,
            grant_id=grant_id,
            catalogue=catalogue,
            clock=ports.clock,
            blobs=ports.blobs,
        )
    dispose(app)
    return shared.file_id, shared.grant_id


@pytest.mark.slow
def test_two_files_shared_at_once_by_one_grant_are_both_shared(app, client, settings, clock):
    """Neither takes the other's entry away."""
    party = register(client, "cds_client_admin cds_server_provided_files")
    context = multiprocessing.get_context("spawn")

    with context.Manager() as manager, ProcessPoolExecutor(2, mp_context=context) as pool:

        def shared(gate, name, grant_id=None):
            return pool.submit(
                _share,
                settings,
                clock.now(),
                client_id=party.admin.client_id,
                grant_id=grant_id,
                name=name,
                gate=gate,
            )

        first, grant_id = shared(manager.Barrier(1), "first.txt").result(timeout=SECONDS)
        gate = manager.Barrier(2)
        both = [shared(gate, name, grant_id) for name in ("second.txt", "third.txt")]
        more = [each.result(timeout=SECONDS)[0] for each in both]

    grant = client.get(f"/grants/{grant_id}", headers=party.bearer).json
    assert {each["file_id"] for each in grant["enabled_authorization_details"]} == {first, *more}
    assert grant["enabled_authorization_details"] == grant["authorization_details"]
