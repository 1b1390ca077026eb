"""What templates of brands may say of each kind of mail, by name, and what they have to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Texts that every kind knows.
_TEXTS: Final = ("app", "customer_name", "greeting", "lead", "link", "phone", "utility")
#: Lists of the sentences of our own letter, in its order; each may be empty.
LISTS: Final = ("lines", "items", "notes", "closing")
#: The one link of a mail. It has no place in a subject.
LINK: Final = "link"


@dataclass(frozen=True)
class LetterNames:
    """
    The names of one kind of mail.

    Args:
        texts: names of texts.
        needed: texts and lists without which the mail would not do what it is for.
    """

    texts: frozenset[str]
    needed: frozenset[str]


def _names(*more: str, needed: tuple[str, ...] = ()) -> LetterNames:
    return LetterNames(frozenset((*_TEXTS, *more)), frozenset(("app", LINK, *needed)))


#: By `Letter.kind`: the mails for Customers. Operators and Clients are written to in our words.
KINDS: Final[Mapping[str, LetterNames]] = {
    "receipt": _names("confirmation", "day", "time", needed=("items", "notes")),
    "revoked": _names("confirmation", "day", "time", needed=("lines",)),
    "expired": _names("confirmation", "day", "time"),
    "paused": _names("confirmation", "day", "time"),
    "went_on": _names("confirmation", "day", "time"),
    "lessened": _names("confirmation", "day", "time"),
    "began": _names(),
    "ends_soon": _names("until", needed=("until",)),
    "contact_code": _names("code", "minutes", needed=("code",)),
    "own_began": _names("day", "time", needed=("items",)),
    "own_ended": _names("day", "time"),
    "cleared": _names("day", "time", needed=("items", "notes")),
    "cleared_ended": _names("day", "time"),
}
