"""Where a value stands in JSON: names and positions with dots between, such as `data.readings.0.value`."""

from __future__ import annotations

import re
from typing import Any, Final

_PATH: Final = re.compile(r"[^.\s]+(?:\.[^.\s]+)*")


def is_path(text: str) -> bool:
    """Whether a text is one; the empty one is the whole."""
    return not text or _PATH.fullmatch(text) is not None


def found(content: Any, path: str) -> Any:
    """What stands there; None when nothing does."""
    for step in path.split(".") if path else ():
        if isinstance(content, dict):
            content = content.get(step)
        elif isinstance(content, list) and step.isascii() and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content
