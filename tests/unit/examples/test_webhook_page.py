"""The programs of docs/how-to/integrate/webhooks.md take what the server signs, and nothing else."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from cdsc_server.domain.webhooks import new_secret, signature

PAGE = Path(__file__).parents[3] / "docs/how-to/integrate/webhooks.md"
OLD, NEW = new_secret(b"o" * 32), new_secret(b"n" * 32)
BODY = '{"type": "grant.changed", "data": {"grant_id": "é"}}'.encode()


def block(language):
    return re.search(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL).group(1)


def in_python(secret, headers, body):
    names = {}
    exec(block("python"), names)  # noqa: S102 - the page is ours
    return names["is_genuine"](secret, headers, body)


def in_node(secret, headers, body):
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node here")
    given = json.dumps([secret, headers, body.decode()])
    program = block("js") + f"\nconst [s, h, b] = {given};\nconsole.log(isGenuine(s, h, Buffer.from(b)));"
    said = subprocess.run([node, "-e", program], capture_output=True, text=True, timeout=60, check=True)
    return json.loads(said.stdout)


@pytest.mark.parametrize("is_genuine", [in_python, in_node])
def test_a_call_is_believed_with_either_secret_and_not_when_it_is_changed_or_old(is_genuine):
    def headers(at):
        signed = signature([NEW, OLD], event_id="evt_1", timestamp=at, body=BODY)
        return {"webhook-id": "evt_1", "webhook-timestamp": str(at), "webhook-signature": signed}

    now = int(time.time())

    assert is_genuine(OLD, headers(now), BODY) is True
    assert is_genuine(NEW, headers(now), BODY) is True
    assert is_genuine(NEW, headers(now), BODY + b" ") is False
    assert is_genuine(NEW, {**headers(now), "webhook-id": "evt_2"}, BODY) is False
    assert is_genuine(NEW, headers(now - 301), BODY) is False
    assert is_genuine(new_secret(b"x" * 32), headers(now), BODY) is False
