"""`cdsc serve` with several web processes: whichever is scraped tells of all."""

import os
import signal
import subprocess
import sys
import time

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.support.companions import free_port

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
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(f"{address}/healthz", timeout=5).ok:
                break
        except requests.ConnectionError:
            time.sleep(0.1)
    yield address
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert not list(tmp_path.glob("cdsc-measures-*")), "its directory stays behind"


def counted(address):
    answer = requests.get(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=5)
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
        assert requests.get(f"{served}/.well-known/cds-server-metadata.json", timeout=5).ok

    assert [counted(served) for _ in range(10)] == [ASKED] * 10
