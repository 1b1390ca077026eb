"""Programs the tests need that no Python package brings: found, or installed where that is ours to do."""

import os
import shutil
import subprocess


class Missing(Exception):
    """A program is not on this machine and could not be installed; the text says what to do."""


def required() -> bool:
    """True where a missing program fails the run instead of skipping tests: in CI."""
    return os.environ.get("CI", "").lower() in {"1", "true", "yes"}


def install(*packages: str) -> None:
    """
    Install Debian packages, as root only: nobody else's machine is changed behind their back.

    Raises:
        Missing: not root, no apt-get, or it failed.
    """
    command = f"apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(f"install it first, on Debian or Ubuntu with: {command}")
    # RUNLEVEL=1 keeps Debian from starting a server of its own beside ours.
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for step in (["apt-get", "update", "-qq"], [*command.split(), "-y", "-qq", "--no-install-recommends"]):
        done = subprocess.run(step, env=quiet, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Missing(f"{' '.join(step)} failed: {done.stderr.strip()[-500:]}")
