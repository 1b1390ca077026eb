"""`cdsc serve` with several web processes: whichever is scraped tells of all."""

import os
import signal
import subprocess
import sys

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.support.ports import free_port
from tests.support.waiting import SECONDS, wait_for_program

TOKEN = "a token that only Prometheus knows"
ASKED = 40


@pytest.fixture
def served(app, settings, tmp_path):
    """The address of a server with two processes."""
    port = free_port()
    (tmp_path / "token").write_text(TOKEN)
    variables = {
        "CDSC_DATABASE_URL": settings.database_url,
        "CDSC_KEY_FILE": settings.key_file,
        "CDSC_METRICS_TOKEN_FILE": str(tmp_path / "token"),
        "CDSC_BASE_URL": f"http://127.0.0.1:{port}",
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "cdsc_server.cli", "serve", "--port", str(port), "--workers", "2", "--no-worker"]
    process = subprocess.Popen(command, env={**os.environ, **variables})
    address = variables["CDSC_BASE_URL"]
    try:
        wait_for_program(process, lambda: answers(address), lambda: f"nothing answers at {address}")
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        ended = process.wait(SECONDS)
    assert ended == 0
    assert not list(tmp_path.glob("cdsc-measures-*")), "its directory stays behind"


def answers(address):
    try:
        return requests.get(f"{address}/healthz", timeout=5).ok
    except requests.RequestException:
        return False


def counted(address):
    answer = requests.get(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=SECONDS)
    families = text_string_to_metric_families(answer.text)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "cdsc_http_requests_total" and sample.labels["endpoint"] == "metadata.cds_server_metadata"
    )


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_process_tells_of_all(served):
    # A connection of its own each: the processes share the port.
    for _ in range(ASKED):
        assert requests.get(f"{served}/.well-known/cds-server-metadata.json", timeout=SECONDS).ok

    assert [counted(served) for _ in range(10)] == [ASKED] * 10
