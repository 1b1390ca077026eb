"""What a registration has to do before production: open, submitted by the Client, then decided (CDS-WG1-02 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cdsc_server.domain.messages import MessageType, RelatedType
from cdsc_server.domain.registration_fields import FieldType


class RequirementStatus(StrEnum):
    """Where a requirement stands; what is decided stays, until an operator asks again for what was rejected."""

    OPEN = "open"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    #: An operator let the Client into production without it.
    WAIVED = "waived"


#: Not decided yet.
UNDECIDED: Final = (RequirementStatus.OPEN, RequirementStatus.SUBMITTED)
#: Nothing is owed any more.
MET: Final = (RequirementStatus.ACCEPTED, RequirementStatus.WAIVED)


@dataclass(frozen=True)
class Asking:
    """
    How a requirement is put to the Client.

    Args:
        type: of the Message.
        related: kind of the link in it; None for none.
        name: of the Message.
        steps: what the Client does now, after the description of the field.
        submitted: what the Client reads when its part is done.
    """

    type: MessageType
    related: RelatedType | None
    name: str
    steps: str
    submitted: str


ASKING: Final[Mapping[FieldType, Asking]] = {
    FieldType.INTERNAL_REVIEW: Asking(
        MessageType.PRIVATE_MESSAGE,
        None,
        "We review your registration",
        "There is nothing for you to do now; we tell you the outcome in a reply to this Message.",
        "",
    ),
    FieldType.PAYMENT_REQUIRED: Asking(
        MessageType.PAYMENT_REQUEST,
        RelatedType.PAYMENT_FORM,
        "Payment due",
        "Open the link in a browser to pay; it works until the payment is done.",
        "Your payment has arrived and is being checked.",
    ),
    FieldType.EMAIL_VERIFICATION: Asking(
        MessageType.ONLINE_FORM_REQUEST,
        RelatedType.ONLINE_FORM,
        "Verify your email address",
        "Open the link in a browser, have a code sent to a contact of your registration, and enter it.",
        "",
    ),
    FieldType.SSO_VERIFICATION: Asking(
        MessageType.ONLINE_FORM_REQUEST,
        RelatedType.ONLINE_FORM,
        "Sign in with your account",
        "Open the link in a browser and sign in with the account that this registration belongs to.",
        "You have signed in; we look at the account now.",
    ),
    FieldType.PDF_FORM: Asking(
        MessageType.PDF_FORM_REQUEST,
        RelatedType.PDF_FORM,
        "Fill in a PDF form",
        "Download the form, fill it in, and reply to this Message with a client_submission that has it attached.",
        "The form has arrived and waits for review.",
    ),
    FieldType.ONLINE_FORM: Asking(
        MessageType.ONLINE_FORM_REQUEST,
        RelatedType.ONLINE_FORM,
        "Fill in an online form",
        "Open the link in a browser and send the form.",
        "The form has arrived and waits for review.",
    ),
}
