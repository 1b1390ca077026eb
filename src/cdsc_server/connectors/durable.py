"""Files that survive a loss of power."""

from __future__ import annotations

import os
from pathlib import Path


def settle(path: Path) -> None:
    """Return when the disk has a file, or the names in a directory."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
