"""
Operators make and change Grants by hand, each with its entry in the audit trail (CDS-WG1-02 8.2).

Console and admin API call `give_grants` and `change_grant`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.grant_steps import GrantStep, steps_from
from cdsc_server.domain.grants import GrantStatus
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.errors import Conflict, InvalidRequest, NotFound
from cdsc_server.ports import Clock
from cdsc_server.services import server_grants, sharing, sharing_mails
from cdsc_server.services.audit import record
from cdsc_server.services.granting import AT_ONCE, Terms, agree_on_paper, give
from cdsc_server.services.grants import status_of
from cdsc_server.services.mails import Mailing
from cdsc_server.storage import clients, grants
from cdsc_server.storage.db import transaction
from cdsc_server.storage.grants import GrantRow

#: How the audit trail calls a step; the others are "grant.changed".
_ACTIONS: Final[Mapping[GrantStep, str]] = {
    GrantStep.SUSPEND: "grant.suspended",
    GrantStep.RESTORE: "grant.restored",
    GrantStep.AGREE: "grant.agreed",
    GrantStep.DISABLE: "grant.disabled",
    GrantStep.REVOKE: "grant.revoked",
}


@dataclass(frozen=True)
class Giving:
    """
    What an operator gives by hand.

    Args:
        client_id: the Client Object that gets it.
        scope_id: one scope that opens data of Customers.
        fields: authorization_details fields of that scope, with what is to be opened named as in a request.
        customer_ids: whose data; one Grant each.
        reason: for the audit trail, such as where the agreement is filed.
    """

    client_id: str
    scope_id: str
    fields: Mapping[str, Any]
    customer_ids: Sequence[str]
    reason: str
    terms: Terms = AT_ONCE


def give_grants(giving: Giving, *, actor: str, catalogue: Catalogue, clock: Clock, mailing: Mailing) -> list[str]:
    """
    Give a Client Object a Grant for each of these Customers: all of them or none.

    A Customer who has agreed gets a receipt and a mail, as after an approval; the Client is told by a Message.

    Returns:
        Their ids, in the order of the Customers.

    Raises:
        InvalidRequest: no reason, no Customer, or one that does not fit; not a scope that opens data of Customers.
        NotFound: there is no such Client Object.
        Conflict: it is disabled, or may not have this.
    """
    if not giving.reason.strip():
        raise InvalidRequest("Reason: write why", field="reason")
    if not giving.customer_ids:
        raise InvalidRequest("Customers: choose at least one", field="customer_id")
    scope = catalogue.scopes.get(giving.scope_id)
    if scope is None or not scope.type.consent:
        raise InvalidRequest("Scope: choose one that opens data of Customers", field="scope")
    now, entry = clock.now(), {"type": giving.scope_id, **giving.fields}
    with transaction() as session:
        client = clients.find_client(session, giving.client_id)
        if client is None:
            raise NotFound("no Client Object has this client_id")
        if client.status == ClientStatus.DISABLED:
            raise Conflict("The Client Object is disabled: nothing was given")
        made = []
        for customer_id in dict.fromkeys(giving.customer_ids):
            grant_id = give(
                session,
                client,
                "",
                [entry],
                customer_id=customer_id,
                terms=giving.terms,
                catalogue=catalogue,
                mailing=mailing,
                now=now,
            )
            made.append(grant_id)
            record(
                session,
                actor=actor,
                action="grant.made",
                subject=f"grant:{grant_id}",
                detail={
                    "reason": giving.reason.strip(),
                    "registration": client.registration_id,
                    "client": client.client_id,
                    "customer": customer_id,
                    "scope": giving.scope_id,
                },
                now=now,
            )
    return made


def change_grant(
    grant_id: str,
    step: GrantStep,
    *,
    reason: str,
    told: str = "",
    eta: datetime | None = None,
    actor: str,
    catalogue: Catalogue,
    clock: Clock,
    mailing: Mailing,
) -> GrantStatus:
    """
    Take one step with a Grant; it holds from the next request on, and the Client is told by a Message.

    A suspended Grant keeps what it opened and goes back to the status it had. One that is disabled or revoked has
    lost it for good, and its Customer gets a mail; so does who agreed on paper, with a receipt as after an approval.
    No other step sends one.

    Args:
        reason: for the audit trail, such as where the agreement is filed.
        told: of `disable`, for the Customer: the end of "We stopped it, because". Empty for no words of its own.
        eta: of `pending`, about when that ends.

    Returns:
        The status it has now.

    Raises:
        InvalidRequest: no reason.
        NotFound: there is no such Grant.
        Conflict: its status does not allow this.
    """
    if not reason.strip():
        raise InvalidRequest("Reason: write why", field="reason")
    now = clock.now()
    with transaction() as session:
        row = grants.lock_grant(session, grant_id)
        if row is None:
            raise NotFound("no Grant has this id")
        before = status_of(row, now=now)
        in_review = row.review is not None
        of_customer = row.customer_id is not None
        receipt = grants.latest_receipt(session, grant_id)
        possible = steps_from(
            before,
            of_customer=of_customer,
            in_review=in_review,
            paused=row.paused,
            unanswered=not row.selections,
            unidentified=receipt is not None and receipt.unidentified,
        )
        if step not in possible:
            why = ", and a change of it waits for review" if in_review else " now"
            raise Conflict(f"The Grant is {before}{why}: nothing was changed")
        _take(session, row, step, told=told.strip(), eta=eta, catalogue=catalogue, mailing=mailing, now=now)
        session.flush()
        session.refresh(row)
        after = status_of(row, now=now)
        record(
            session,
            actor=actor,
            action=_ACTIONS.get(step, "grant.changed"),
            subject=f"grant:{grant_id}",
            detail={"reason": reason.strip(), "before": before, "after": after, "registration": row.registration_id},
            now=now,
        )
        return after


def _take(
    session: Session,
    row: GrantRow,
    step: GrantStep,
    *,
    told: str,
    eta: datetime | None,
    catalogue: Catalogue,
    mailing: Mailing,
    now: datetime,
) -> None:
    match step:
        case GrantStep.AGREE:
            agree_on_paper(session, row, catalogue=catalogue, mailing=mailing, now=now)
        case GrantStep.SUSPEND:
            server_grants.suspend(session, row, now=now)
        case GrantStep.RESTORE:
            server_grants.restore(session, row, now=now)
        case GrantStep.REVOKE:
            sharing.stop_for_customer(session, row.grant_id, str(row.customer_id), mailing=mailing, now=now)
        case GrantStep.DISABLE:
            server_grants.change_status(session, row, GrantStatus.DISABLED, now=now)
            sharing_mails.tell_of_end(session, row.grant_id, by=StoppedBy.SERVER, reason=told, mailing=mailing, now=now)
        case _:
            server_grants.change_status(session, row, GrantStatus(step.value), eta=eta, now=now)
