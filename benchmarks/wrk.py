"""Load by wrk, where it is installed: a load tool in Python takes as much of the machine as the server that it asks."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.load import Load

_THREADS: Final = 2
_TIMEOUT: Final = 60

#: One request as it is sent; at the end a line of JSON, with a thousandth part of the latencies after the other.
_SCRIPT: Final = """
request = function() return %s end
done = function(summary, latency, requests)
  local parts = {}
  for part = 1, 1000 do parts[part] = latency:percentile(math.min(part / 10, 99.999)) / 1e6 end
  local failed = summary.errors
  io.write(string.format('\\n{"answers": %%d, "seconds": %%f, "refused": %%d, "latencies": [%%s]}\\n',
    summary.requests, summary.duration / 1e6,
    failed.status + failed.connect + failed.read + failed.write + failed.timeout, table.concat(parts, ",")))
end
"""


def found() -> bool:
    """Whether it is installed (Debian: `apt-get install wrk`)."""
    return shutil.which("wrk") is not None


def load(url: str, made: bytes, *, connections: int, seconds: float) -> Load:
    """Send the same request on each connection, again as soon as it is answered; any status from 400 on is refused."""
    with tempfile.TemporaryDirectory(prefix="cdsc-bench-wrk-") as folder:
        script = Path(folder) / "script.lua"
        script.write_text(_SCRIPT % _lua(made), encoding="ascii")
        # It counts whole seconds only.
        length = [f"-t{min(_THREADS, connections)}", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        command = ["wrk", *length, "--timeout", f"{_TIMEOUT}s", "-s", str(script), url]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Load(**json.loads(told.splitlines()[-1]))


def _lua(made: bytes) -> str:
    return '"' + "".join(f"\\{byte:03d}" for byte in made) + '"'
