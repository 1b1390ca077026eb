"""Bill Sections of a Customer, for the Client whose Grant opens them: CDS-WG3-01 10.6."""

from __future__ import annotations

from typing import Any, Final

from flask import g
from flask.typing import ResponseReturnValue

from cdsc_server.schemas.bill_sections import BillSectionFilters, BillSectionListingSchema, BillSectionSchema
from cdsc_server.services.bill_sections import OPTIONAL, Place, Wanted, list_sections
from cdsc_server.services.customer_data import access_of
from cdsc_server.web.bearer import bearer
from cdsc_server.web.context import catalogue, ports
from cdsc_server.web.customer_data.blueprint import blueprint, tell_read
from cdsc_server.web.customer_data.filters import asked_filters
from cdsc_server.web.customer_data.listings import shape
from cdsc_server.web.describe import describe
from cdsc_server.web.paging import asked_place, page_url

_FILTERS: Final = BillSectionFilters()
_OPTIONAL: Final = frozenset(OPTIONAL)


@blueprint.get("/cds/bill_sections")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.6.9",
    query=BillSectionFilters,
    answers={200: BillSectionListingSchema},
)
def list_bill_sections() -> ResponseReturnValue:
    """
    List Bill Sections

    What each service cost on the bills that the Grant opens, by account number, contract number and first day.
    """
    return answer_sections()


def answer_sections(*, scope_id: str | None = None) -> dict[str, Any]:
    """
    The page that the request asks for.

    Args:
        scope_id: only what entries of this scope open.

    Raises:
        InsufficientScope: the token's Grant opens no Bill Sections.
        InvalidRequest, ValidationError: a malformed parameter.
    """
    asked = asked_filters(_FILTERS)
    wanted = Wanted(
        ids=asked.get("cds_billsection_ids"),
        starts_by=asked.get("before"),
        ends_from=asked.get("after"),
        statements=asked.get("cds_billstatement_ids"),
        accounts=asked.get("cds_account_ids"),
        account_numbers=asked.get("account_numbers"),
        contracts=asked.get("cds_servicecontract_ids"),
        contract_numbers=asked.get("contract_numbers"),
    )
    access = access_of(catalogue(), g.token.grant, now=ports().clock.now(), scope_id=scope_id)
    asked_for = asked_place((str, (str, type(None)), str, int, str, bool))
    *place, backward = asked_for or [False]
    page = list_sections(access, wanted, place=_place(place), backward=backward)
    days = [day for each in page.sections for day in (each.row.start_date, each.row.end_date)]
    tell_read("bill_sections", len(page.sections), period=days)
    return {
        "bill_sections": [shape(BillSectionSchema, each.fields, _OPTIONAL).dump(each) for each in page.sections],
        "next": page_url(None if page.following is None else [*page.following, False]),
        "previous": page_url(None if page.preceding is None else [*page.preceding, True]),
    }


def _place(values: list[Any]) -> Place | None:
    if not values:
        return None
    account, contract, start, modified, section_id = values
    return account, contract, start, modified, section_id
