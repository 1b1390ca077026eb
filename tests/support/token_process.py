"""
A server of its own in a process of its own, told what to ask of itself on standard input.

First line: where the database and the key are, what time it is, and the token request. It answers "ready" and asks at
the next line, so that two of these ask at the same moment.
"""

import json
import sys
from dataclasses import replace
from datetime import datetime

from cdsc_server.app import create_app, system_ports
from cdsc_server.settings import Settings
from tests.support.clock import FakeClock


def main() -> None:
    """Ask once, and say status and body."""
    told = json.loads(sys.stdin.readline())
    settings = Settings.for_tests(database_url=told["database_url"], key_file=told["key_file"])
    ports = replace(system_ports(settings), clock=FakeClock(datetime.fromisoformat(told["now"])))
    http, client = create_app(settings, ports).test_client(), tuple(told["client"])
    # Connections and compiled statements are there before it counts.
    http.post("/oauth/token", data={**told["form"], "code": "warm"}, auth=client)
    _say("ready")
    sys.stdin.readline()
    answer = http.post("/oauth/token", data=told["form"], auth=client)
    _say(json.dumps([answer.status_code, answer.json]))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
