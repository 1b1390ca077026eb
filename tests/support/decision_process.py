"""
A server of its own in a process of its own, told on standard input what to decide by the admin API.

First line: where the database and the key are, what time it is, the token, and the decision. It answers "ready" and
decides at the next line, so that two of these decide at the same moment.
"""

import json
import sys
from dataclasses import replace
from datetime import datetime

from cdsc_server.app import create_app, system_ports
from cdsc_server.settings import Settings
from tests.support.clock import FakeClock


def main() -> None:
    """Decide once, and say status and body."""
    told = json.loads(sys.stdin.readline())
    settings = Settings.for_tests(**told["settings"])
    ports = replace(system_ports(settings), clock=FakeClock(datetime.fromisoformat(told["now"])))
    http, headers = create_app(settings, ports).test_client(), {"Authorization": f"Bearer {told['token']}"}
    # Connections and compiled statements are there before it counts.
    http.get("/admin/reviews", headers=headers)
    _say("ready")
    sys.stdin.readline()
    answer = http.put(f"/admin/reviews/{told['message_id']}/decision", json=told["body"], headers=headers)
    _say(json.dumps([answer.status_code, answer.json]))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
