"""
A form as it is drawn for one person, and the Grant that a yes to it makes (CDS-WG3-01 9.1.1, 9.2; CDS-WG1-02 8.3).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.drafts import Draft
from cdsc_server.ports import KeyStore
from cdsc_server.services import grant_approvals, identifying, loading, receipts, sharing_mails
from cdsc_server.services.agreements import agreed_to, new_grant, stated_by
from cdsc_server.services.codes import issue_code
from cdsc_server.services.consent_form import Form, build_form
from cdsc_server.services.examples import Examples, find_examples
from cdsc_server.services.mails import Mailing
from cdsc_server.services.open_requests import SEALED_FOR, WAITS_NO_MORE, Opened, Outcome, Refused, refuse
from cdsc_server.services.reviewed import looked_at
from cdsc_server.settings import Settings
from cdsc_server.storage import authorizations


def draw(database: Session, opened: Opened, draft: Draft, *, catalogue: Catalogue, now: datetime) -> Form:
    """The form of a request as it stands, with examples of the Customer's own."""
    zone, examples = catalogue.utility.timezone, Examples()
    if opened.customer is not None:
        names = {item.id: item.title for item in opened.holdings.items["service_contract_selection"]}
        examples = find_examples(database, opened.customer_id, names, now=now, zone=zone)
    return build_form(
        opened.row.request_id,
        opened.request,
        opened.asked,
        draft,
        opened.holdings_for(draft),
        examples=examples,
        client_name=opened.client.client_name,
        client_uri=looked_at(opened.client, catalogue),
        customer_name="" if opened.customer is None else opened.customer.display_name,
        catalogue=catalogue,
        now=now,
    )


def agree(
    database: Session,
    opened: Opened,
    form: Form,
    *,
    contact: str | None = None,
    catalogue: Catalogue,
    settings: Settings,
    keys: KeyStore,
    now: datetime,
) -> Outcome:
    """
    Make the Grant, or update the one that waits, with its receipt and a code (CDS-WG1-02 8.3).

    Args:
        contact: the proven mail address of somebody who did not sign in.
    """
    details, selections = agreed_to(form, opened.asked, opened.holdings, catalogue=catalogue, now=now)
    state, stated = opened.request.state, None
    if contact is not None:
        grant = new_grant(opened.client, None, details, (), state=state, now=now)
        named = stated_by(form)
        is_test = opened.client.status == ClientStatus.SANDBOX
        stated = {"contact": contact, "selections": [each.to_stored() for each in named]}
        identifying.settle(database, grant, contact, named, is_test=is_test, days=catalogue.review.grant_days, now=now)
        database.add(grant)
        database.flush()
    elif opened.request.cds_grant_id is None:
        grant = new_grant(opened.client, opened.customer_id, details, selections, state=state, now=now)
        loading.wait_for(database, grant)
        database.add(grant)
        database.flush()
    else:
        customer_id = opened.customer_id
        waiting = grant_approvals.locked(database, opened.request, opened.row, customer_id, now=now)
        if waiting is None:
            return refuse(database, Refused(opened.row, opened.request, *WAITS_NO_MORE), settings=settings, keys=keys)
        grant = waiting
        grant_approvals.approved(database, grant, details, selections, customer_id=customer_id, state=state, now=now)
    receipts.add_receipt(
        database,
        grant,
        receipts.frozen(opened.client, form.kept, catalogue=catalogue),
        stated=stated,
        prefix=catalogue.utility.receipt_prefix,
        keys=keys,
        now=now,
    )
    sharing_mails.tell_of_receipt(database, grant, mailing=Mailing(catalogue.utility, settings, keys), now=now)
    code = issue_code(
        database,
        client_id=opened.client.client_id,
        grant_id=grant.grant_id,
        redirect_uri=opened.request.redirect_uri,
        redirect_uri_sent=opened.request.redirect_uri_sent,
        code_challenge=opened.request.code_challenge,
        now=now,
        settings=settings,
    )
    location = opened.request.success_location(code, settings.base_url)
    sealed = keys.seal(location, context=SEALED_FOR + opened.row.request_id)
    authorizations.settle_request(database, opened.row.request_id, grant_id=grant.grant_id, outcome_sealed=sealed)
    return Outcome(location)
