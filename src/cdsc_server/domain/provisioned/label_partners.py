"""Label partners: the brands under which a utility meets its Customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cdsc_server.domain.brands import colour_faults, is_colour, is_mark
from cdsc_server.domain.provisioned.record import EMAIL, EXTERNAL_ID, LANGUAGE, TEXT, TIMEZONE, RecordKind, optional
from cdsc_server.domain.shapes import Checked, Fault, Link, Member, Shape

_COLOUR: Final = Checked("must be a colour such as #0a5a66", is_colour, {"pattern": "^#[0-9a-f]{6}$"})
_MARK: Final = Checked("must be one or two letters or digits", is_mark, {"maxLength": 2})


def _faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    if ("colour" in body) is not ("colour_dark" in body):
        yield Fault("colour", "and colour_dark must both be there, or neither")
    elif "colour" in body:
        yield from colour_faults(body["colour"], body["colour_dark"])


LABEL_PARTNER: Final = RecordKind(
    name="label_partner",
    path="label-partners",
    noun="label partner",
    about="A brand under which Customers know the utility: its name, and how their pages and mails look.",
    id="label_partner",
    shape=Shape(
        {
            "label_partner": Member(EXTERNAL_ID),
            "name": Member(TEXT),
            "website": optional(Link()),
            "support_phone": optional(TEXT),
            "support_url": optional(Link()),
            "terms_url": optional(Link()),
            "privacy_url": optional(Link()),
            # Where its mails come from.
            "sender_address": optional(EMAIL),
            "timezone": optional(TIMEZONE),
            # What its Customers are spoken to in until they choose.
            "locale": optional(LANGUAGE),
            "colour": optional(_COLOUR),
            # The same where the reader's device asks for a dark page.
            "colour_dark": optional(_COLOUR),
            # Letters that stand in the brand's colour beside its name.
            "mark": optional(_MARK),
        }
    ),
    faults=_faults,
)
