"""Two brands of the utility, and who knows it under the second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import update

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.ports import Clock
from cdsc_server.services.provisioning.applying import Record, apply_records
from cdsc_server.storage.customers import CustomerRow
from cdsc_server.storage.db import transaction

_BRANDS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "label_partner": "dge",
        "name": "Demo Gas & Electric",
        "colour": "#0a5a66",
        "colour_dark": "#83d5de",
    },
    {
        "label_partner": "bay-light",
        "name": "Bay Light Energy",
        "sender_address": "hello@baylight.example",
        "support_phone": "+1 555 555 0188",
        "colour": "#7a1f5c",
        "colour_dark": "#f0a8d6",
        "mark": "BL",
    },
)
_OF_THE_SECOND: Final = "dora@example.com"


def add_brands(catalogue: Catalogue, clock: Clock) -> None:
    """Hand in the brands, as the utility's own systems would, and let one Customer meet the second."""
    records = [Record("label_partner", brand, number) for number, brand in enumerate(_BRANDS, start=1)]
    apply_records(records, subject="upload:demo", actor="demo", catalogue=catalogue, clock=clock)
    with transaction() as session:
        theirs = update(CustomerRow).where(CustomerRow.email == _OF_THE_SECOND)
        session.execute(theirs.values(label_partner=_BRANDS[1]["label_partner"]))
