"""
Addresses a request names, and the things of a Customer that are there (CDS-WG3-01 7.1.13.1).

What a Client sends is only brought into one line of small letters; what we know is also written out in full, where it
is an address as maps have them. So a Client that sends what our documentation describes finds it, and nothing is found
by resemblance.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

_BREAKS: Final = re.compile(r"[\n\r,]+")


@dataclass(frozen=True)
class AddressRules:
    """
    How addresses are written in one country.

    Args:
        country: its code (ISO 3166-1).
        street: fits a segment, in small letters and written out, that names a street and a house in it.
        unit: fits a segment that names a part of a building.
        street_words: abbreviations of words of such a segment.
        kinds: those of them that mean a kind of street; before another of these it is a part of the name, so that
            `before_kind` tells what it stands for.
        endings: abbreviations at the end of a word.
        place_words: abbreviations of words of the other segments.
        regions: codes of states or provinces; they and the postal code after them are segments of their own.
        separator: what stands between segments.
        segments: the segments of an address, as documentation names them.
        examples: addresses as they may be stored.
    """

    country: str
    street: re.Pattern[str]
    segments: str
    examples: tuple[str, ...]
    unit: re.Pattern[str] = re.compile(r"(?!)")
    street_words: Mapping[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()
    before_kind: Mapping[str, str] = field(default_factory=dict)
    endings: Mapping[str, str] = field(default_factory=dict)
    place_words: Mapping[str, str] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    separator: str = ", "


def plain(address: str) -> str:
    """In one line, small letters and single blanks: how an Atypical Address is stored, and what a Client sent read."""
    return " ".join(address.lower().split())


def normalised(address: str, rules: AddressRules) -> str:
    """The one form of a stored address that what a Client sends is compared with."""
    typical = typical_form(address, rules)
    return plain(address) if typical is None else typical


def typical_form(address: str, rules: AddressRules) -> str | None:
    """
    A Typical Address without the name of who lives there, written out, in one line.

    Returns:
        None for an Atypical Address: no segment is a house in a street, or nothing says which town that is in.
    """
    segments = [plain(segment) for segment in _BREAKS.split(address)]
    segments = [segment for segment in segments if segment]
    streets = [_street(segment, rules) for segment in segments]
    at = next((n for n, street in enumerate(streets) if rules.street.fullmatch(street)), None)
    if at is None or at + 1 == len(segments):
        return None
    units = [street for street in streets[:at] if rules.unit.fullmatch(street)]
    after = [
        [street] if rules.unit.fullmatch(street) else _place(segment, rules)
        for segment, street in zip(segments[at + 1 :], streets[at + 1 :], strict=True)
    ]
    return rules.separator.join([*units, streets[at], *(part for parts in after for part in parts)])


def matched(sent: Iterable[str], stored: Mapping[str, Iterable[str]], rules: AddressRules) -> list[str]:
    """
    The ids of the things at addresses that a Client sent.

    Args:
        stored: the addresses of each thing, by its id.

    Returns:
        One id for each address that exactly one thing has; an address of none or of several finds nothing.
    """
    at: dict[str, list[str]] = {}
    for each, addresses in stored.items():
        for form in {normalised(address, rules) for address in addresses}:
            at.setdefault(form, []).append(each)
    found = (at.get(plain(address), []) for address in sent)
    return [ids[0] for ids in found if len(ids) == 1]


def _street(segment: str, rules: AddressRules) -> str:
    words = segment.replace("#", " # ").split()
    full = [rules.street_words.get(word.rstrip("."), word) for word in words]
    last = max((n for n, word in enumerate(full) if word in rules.kinds), default=-1)
    return " ".join(
        rules.before_kind.get(word.rstrip("."), written) if n < last else _ending(written, rules)
        for n, (word, written) in enumerate(zip(words, full, strict=True))
    )


def _ending(word: str, rules: AddressRules) -> str:
    for short, full in rules.endings.items():
        if len(word) > len(short) and word.endswith(short):
            return word.removesuffix(short) + full
    return word


def _place(segment: str, rules: AddressRules) -> Sequence[str]:
    words = [rules.place_words.get(word.rstrip("."), word) for word in segment.split()]
    for n, word in enumerate(words):
        # A code of a state stands last, or before the postal code.
        if word in rules.regions and len(words) - n <= 2 and all(part[0].isdigit() for part in words[n + 1 :]):
            return [part for part in (" ".join(words[:n]), rules.regions[word], *words[n + 1 :]) if part]
    return [" ".join(words)]
