"""Bills and certificates: what users were billed, and what their energy was certified to be."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cdsc_server.domain.bill_rules import bill_faults
from cdsc_server.domain.bill_shapes import BILL_STATEMENT
from cdsc_server.domain.durations import read_datetime
from cdsc_server.domain.eacs import BeneficiaryType, DeliveredEac
from cdsc_server.domain.provisioned.record import EXTERNAL_ID, TEXT, Object, RecordKind, optional
from cdsc_server.domain.shapes import Fault, Instant, Listed, Member, Schema, Shape, Word

_STATEMENTS: Final = "bill_statements[0]."
#: A certificate is a page or two in a machine's form.
_MOST_DATA: Final = 500_000


@dataclass(frozen=True, slots=True)
class _Base64:
    """A small file, in Base64."""

    def faults(self, value: Any) -> Iterator[Fault]:
        if not isinstance(value, str) or not value or len(value) > _MOST_DATA:
            yield Fault("", f"must be up to {_MOST_DATA} characters of Base64")
            return
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            yield Fault("", "must be Base64")

    def json_schema(self) -> Schema:
        return {"type": "string", "contentEncoding": "base64", "maxLength": _MOST_DATA}


def statement_of(body: Object) -> dict[str, Any]:
    """A bill as a document of bills has it."""
    kept = {name: value for name, value in body.items() if name in BILL_STATEMENT.members}
    return {**kept, "account_number": body["external_account_id"]}


def _bill_faults(body: Object) -> Iterator[Fault]:
    for fault in bill_faults({"bill_statements": [statement_of(body)]}):
        yield Fault(fault.at.removeprefix(_STATEMENTS), fault.rule)


BILL: Final = RecordKind(
    name="bill",
    path="bills",
    noun="bill",
    about="A Bill Statement with its sections, which name contracts and meters by their numbers.",
    id="external_bill_id",
    shape=Shape(
        {
            "external_bill_id": Member(EXTERNAL_ID),
            "external_account_id": Member(EXTERNAL_ID),
            **{
                name: member
                for name, member in BILL_STATEMENT.members.items()
                # The account is the user's; files come by `cdsc import bills`.
                if name not in ("account_number", "cds_account_id", "file", "file_mimetype")
            },
        }
    ),
    refers={"external_account_id": "user"},
    above="external_account_id",
    fixed=("external_account_id", "bill_number"),
    faults=_bill_faults,
)


def certificate_of(body: Object) -> DeliveredEac:
    """A sound certificate as it is taken in."""
    return DeliveredEac(
        source_id=body["external_certificate_id"],
        beneficiary_type=BeneficiaryType(body["beneficiary_type"]),
        beneficiaries=frozenset(body.get("beneficiaries", ())),
        numbers=tuple(body["eac_numbers"]),
        format=body["eac_format"],
        supply_type=body.get("supply_type"),
        start=read_datetime(body["period_start"]),
        end=read_datetime(body["period_end"]),
        media_type=body["media_type"],
        data=base64.b64decode(body["data"]),
    )


def _certificate_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    # Which formats there are is for the catalogue to say.
    for fault in certificate_of(body).faults({body["eac_format"]}):
        member, _, rule = fault.partition(" ")
        yield Fault(member, rule)


CERTIFICATE: Final = RecordKind(
    name="certificate",
    path="certificates",
    noun="certificate",
    about="An energy attribute certificate, and whose it is.",
    id="external_certificate_id",
    shape=Shape(
        {
            "external_certificate_id": Member(EXTERNAL_ID),
            "beneficiary_type": Member(Word(tuple(BeneficiaryType))),
            # Numbers of accounts, contracts or price plans, as the type says.
            "beneficiaries": optional(Listed(TEXT)),
            "eac_numbers": Member(Listed(TEXT)),
            "eac_format": Member(TEXT),
            "supply_type": optional(TEXT),
            "period_start": Member(Instant()),
            "period_end": Member(Instant()),
            "media_type": Member(TEXT),
            "data": Member(_Base64()),
        }
    ),
    faults=_certificate_faults,
)
