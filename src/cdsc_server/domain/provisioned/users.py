"""Users: the people and companies that the utility serves, each with a billing account."""

from __future__ import annotations

import re
from typing import Final

from cdsc_server.domain.object_rules import ACCOUNT_STATUSES
from cdsc_server.domain.provisioned.record import EMAIL, EXTERNAL_ID, LANGUAGE, TEXT, RecordKind, optional
from cdsc_server.domain.shapes import Checked, Flag, Member, Shape, Word

_PHONE: Final = Checked(
    "must be a phone number with its country, such as +15554443333",
    lambda value: re.fullmatch(r"\+[1-9][0-9]{1,14}", value) is not None,
    {"pattern": r"^\+[1-9][0-9]{1,14}$"},
)
_SEGMENTS: Final = ("residential", "commercial", "industrial", "agriculture", "municipal")

USER: Final = RecordKind(
    name="user",
    path="users",
    noun="user",
    about="A Customer with a billing account.",
    id="external_account_id",
    shape=Shape(
        {
            "external_account_id": Member(EXTERNAL_ID),
            "label_partner": Member(EXTERNAL_ID),
            "email_address": Member(EMAIL),
            "first_name": Member(TEXT),
            "last_name": Member(TEXT),
            "phone_number": optional(_PHONE),
            # Where bills go.
            "postal_address": optional(TEXT),
            # Until the Customer chooses another one.
            "language": optional(LANGUAGE),
            "segment": optional(Word(_SEGMENTS)),
            "status": optional(Word(ACCOUNT_STATUSES)),
            # A made-up Customer, the only kind that apps meet before production.
            "is_test": optional(Flag()),
        }
    ),
    refers={"label_partner": "label_partner"},
    above="label_partner",
    unique="email_address",
    fixed=("is_test",),
)
