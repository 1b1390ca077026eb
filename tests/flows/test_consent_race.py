"""Two processes of one server get the same approval at the same time."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from cdsc_server.domain.secrets import secret_hash
from cdsc_server.storage.authorizations import CodeRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.grants import GrantRow, ReceiptRow
from tests.factories import people
from tests.support import requirement
from tests.support.pages import Visitor
from tests.support.waiting import SECONDS


def _approve(settings, now, *, cookie, path, sends, gate):
    """What one process answers to the form; the gate opens for both at once."""
    from dataclasses import replace

    from cdsc_server.app import create_app, system_ports
    from tests.support.app import dispose
    from tests.support.clock import FakeClock

    app = create_app(settings, replace(system_ports(settings), clock=FakeClock(now)))
    client = app.test_client()
    client.set_cookie("cdsc_session", cookie)
    client.get("/healthz")
    gate.wait(timeout=SECONDS)
    answer = client.post(path, data=sends)
    dispose(app)
    return answer.status_code, answer.location


@requirement("WG3-01-9.2.1.6-09")
def test_two_processes_at_once_make_one_grant_and_give_one_answer(app, settings, client, clock):
    catalogue = app.extensions["cdsc"].catalogue
    visitor = Visitor(client)
    visitor.load("/sign-in")
    with app.app_context(), transaction() as session:
        people.baker(session, at=clock.now())
        people.requester(session, at=clock.now())
    visitor.sign_in()
    cookie = client.get_cookie("cdsc_session").value
    with app.app_context(), transaction() as session:
        entry = people.requested(catalogue, "usage_data", contract_numbers=["_all"])
        request_id = people.waiting(session, (entry,), session_hash=secret_hash(cookie), at=clock.now())
    visitor.load(f"/consent/{request_id}")
    form = visitor.form()
    sends: dict[str, list[str]] = {"do": ["approve"]}
    for name, value in form.sends:
        sends.setdefault(name, []).append(value)
    context = multiprocessing.get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(2, mp_context=context) as pool:
        gate = manager.Barrier(2)
        both = [
            pool.submit(_approve, settings, clock.now(), cookie=cookie, path=form.action, sends=sends, gate=gate)
            for _ in range(2)
        ]
        first, second = (each.result(timeout=SECONDS) for each in both)

    assert first == second
    assert first[0] == 303
    assert "code=" in first[1]
    with app.app_context(), reading() as session:
        assert [session.query(kind).count() for kind in (GrantRow, ReceiptRow, CodeRow)] == [1, 1, 1]
