"""
How a brand may look: two colours, of which everything on its pages that has a colour of its own is made, and a mark.

A colour is taken only where text in it, on it and beside it can be read: 4.5 to 1, as WCAG 2.2 has it (1.4.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from cdsc_server.domain.catalogue import Utility
from cdsc_server.domain.shapes import Fault

_READABLE: Final = 4.5
#: What text stands on, by whether the page is dark: those surfaces of tokens.css that contrast least.
_GROUNDS: Final = {False: ("#ffffff", "#f0efe9"), True: ("#182126",)}
#: How much of the colour is in a surface that is tinted with it.
_TINT: Final = {False: 0.1, True: 0.16}
_ON_BRAND: Final = ("#ffffff", "#05262b")
#: Members of a label partner that take the place of the utility's own.
_SAID: Final = ("name", "website", "support_phone", "support_url", "terms_url", "privacy_url")


@dataclass(frozen=True)
class Look:
    """The colours of a brand's pages, as CSS writes them."""

    brand: str
    on_brand: str
    brand_soft: str


@dataclass(frozen=True)
class Brand:
    """
    A brand as pages and mails need it.

    Args:
        utility: who runs this server, in the brand's own words.
        mark: letters beside its name; None for the utility's own mark.
        light, dark: None for the utility's own colours.
        sender: where its mails come from; None for the server's own address.
    """

    id: str
    utility: Utility
    mark: str | None = None
    light: Look | None = None
    dark: Look | None = None
    sender: str | None = None


def brand_of(record: Mapping[str, Any], utility: Utility) -> Brand:
    """
    The brand that a label partner describes.

    Args:
        record: sound, as `provisioned.label_partners` has it.
        utility: gives what it leaves out.
    """
    said: dict[str, Any] = {name: record[name] for name in _SAID if name in record}
    zone = ZoneInfo(record["timezone"]) if "timezone" in record else utility.timezone
    coloured = "colour" in record
    return Brand(
        id=record["label_partner"],
        utility=replace(utility, **said, timezone=zone),
        mark=record.get("mark"),
        light=look(record["colour"], dark=False) if coloured else None,
        dark=look(record["colour_dark"], dark=True) if coloured else None,
        sender=record.get("sender_address"),
    )


def look(colour: str, *, dark: bool) -> Look:
    """Everything that is made of a colour."""
    on_brand = max(_ON_BRAND, key=lambda other: contrast(colour, other))
    return Look(colour, on_brand, _mixed(colour, _GROUNDS[dark][0], _TINT[dark]))


def style_of(brand: Brand) -> str:
    """The style sheet that gives pages the colours of a brand; empty where it has none."""
    if brand.light is None or brand.dark is None:
        return ""
    return f"{_properties(brand.light)}\n@media (prefers-color-scheme: dark) {{ {_properties(brand.dark)} }}\n"


def _properties(made: Look) -> str:
    told = {
        "brand": made.brand, "on-brand": made.on_brand, "brand-ink": made.brand, "brand-soft": made.brand_soft
    }  # fmt: skip
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in told.items()) + " }"


def colour_faults(colour: str, colour_dark: str) -> Iterator[Fault]:
    """What cannot be read in these colours, or on them."""
    for name, value, dark in (("colour", colour, False), ("colour_dark", colour_dark, True)):
        made = look(value, dark=dark)
        grounds = (*_GROUNDS[dark], made.brand_soft)
        least = min(*(contrast(value, ground) for ground in grounds), contrast(value, made.on_brand))
        if least < _READABLE:
            page = "dark pages" if dark else "light pages"
            yield Fault(name, f"must contrast 4.5 to 1 with what it stands on in {page}; it has {least:.1f}")


def is_colour(value: str) -> bool:
    """Whether this is a colour in the one form that is taken."""
    return re.fullmatch(r"#[0-9a-f]{6}", value) is not None


def is_mark(value: str) -> bool:
    """Whether this can be drawn as a mark."""
    return len(value) <= 2 and value.isalnum()


def contrast(one: str, other: str) -> float:
    """How two colours contrast, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        for share in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(colour: str, ground: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return "#" + "".join(f"{round(one * share + other * (1 - share)):02x}" for one, other in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
