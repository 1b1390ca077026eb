"""
Ports for programs that are told where to listen, and for addresses at which nobody does.

Whoever can bind port 0 and keep it should: a port that is chosen here is bound by somebody else, seconds later.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator

from cdsc_server.demo.processes import is_free

#: Below the ports that Linux (from 32768) and others (from 49152) give to outgoing connections: each of those keeps its
#: port for a minute after it ended, and a busy worker makes thousands in the seconds before a program binds its own.
_PORTS = range(20_000, 32_000)
#: Ports that belong together: a demonstration listens on those that follow the one it is told, too.
_TOGETHER = 8
_MOST_WORKERS = 16


def free_port() -> int:
    """A port that nothing listens on, with free ones behind it, given out to no other worker of this run."""
    return next(port for port in _OWN if all(map(is_free, range(port, port + _TOGETHER))))


def _own_ports() -> Iterator[int]:
    """The first port of each group of this worker, round and round; begins anywhere, as another run may be at work."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _MOST_WORKERS
    own = list(_PORTS[worker * _TOGETHER :: _MOST_WORKERS * _TOGETHER])
    begin = random.SystemRandom().randrange(len(own))
    return itertools.cycle(own[begin:] + own[:begin])


_OWN = _own_ports()
