"""What logs and pages for operators may repeat of the words of a platform: nothing that names a home or opens it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

HIDDEN: Final = "[hidden]"

#: Mail addresses; and words of letters and digits as long as serial numbers, ids of stations and tokens are.
_TELLING: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{8,}|\b\d{9,}\b")
#: Shorter ones would take parts out of other words.
_SHORTEST: Final = 3


def redacted(words: str, known: Iterable[str]) -> str:
    """
    The words without what could name a home or open it.

    Args:
        known: accounts, passwords, tokens, serial numbers, ids of stations and names of people, as far as they are
            known; whatever looks like an address or an id is hidden too.
    """
    for each in sorted({each for each in known if len(each) >= _SHORTEST}, key=len, reverse=True):
        words = words.replace(each, HIDDEN)
    return _TELLING.sub(HIDDEN, words)
