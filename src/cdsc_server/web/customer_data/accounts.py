"""Accounts of a Customer, for the Client whose Grant opens them: CDS-WG3-01 10.1."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from cdsc_server.domain.customer_graph import Kind
from cdsc_server.schemas.accounts import AccountFilters, AccountListingSchema
from cdsc_server.web.bearer import bearer
from cdsc_server.web.customer_data.blueprint import blueprint
from cdsc_server.web.customer_data.listings import answer_listing
from cdsc_server.web.describe import describe


@blueprint.get("/cds/accounts")
@bearer()
@describe(
    tag="Customer data",
    section="CDS-WG3-01 10.1.10",
    query=AccountFilters,
    answers={200: AccountListingSchema},
)
def list_accounts() -> ResponseReturnValue:
    """
    List Accounts

    The Accounts that the Grant opens, the last modified first, with the members that it opens.
    """
    return answer_listing([Kind.ACCOUNT])
