"""`cdsc worker`: a real process takes work from a real queue and ends when told."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from cdsc_server import jobs
from cdsc_server.storage.authorizations import TokenRow
from cdsc_server.storage.db import reading, transaction
from tests.support.waiting import SECONDS, wait_until


@pytest.fixture(params=["sqlite", "redis"])
def settings(request, settings, tmp_path):
    """Each kind of queue there is."""
    url = f"sqlite:///{tmp_path / 'jobs.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("redis_url")
    return replace(settings, jobs_url=url)


@pytest.fixture
def worker(settings):
    """A worker process over the same database and queue."""
    variables = {
        "CDSC_DATABASE_URL": settings.database_url,
        "CDSC_KEY_FILE": settings.key_file,
        "CDSC_JOBS_URL": settings.jobs_url,
    }
    process = subprocess.Popen([sys.executable, "-m", "cdsc_server.cli", "worker"], env={**os.environ, **variables})
    yield process
    process.kill()
    process.wait()


def gone():
    """Whether no token is left."""
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(TokenRow)) == 0


@pytest.mark.slow
def test_a_worker_does_what_is_queued_and_ends_when_told(app, settings, ports, clock, worker):
    """Work waits in the queue while no worker runs; SIGTERM ends one cleanly."""
    with app.app_context():
        long_ago = clock.now() - timedelta(days=4000)
        with transaction() as session:
            session.add(
                TokenRow(
                    token_hash="t", kind="access", client_id="c", registration_id="r", scope="", issued=long_ago,
                    expires=long_ago,
                )
            )  # fmt: skip
        queue = jobs.queue(settings)
        tasks = jobs.register(queue, app, settings, ports)

        tasks["remove_ended"]()

        assert wait_until(gone, lambda: "the token is still there")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=SECONDS) == 0
