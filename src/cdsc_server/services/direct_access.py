"""Direct access to Customer data: what operators permit a Client Object, and what it may ask for (CDS-WG3-01 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy.orm import Session

from cdsc_server.domain.catalogue import Catalogue
from cdsc_server.domain.clients import ClientStatus
from cdsc_server.domain.details import RequestedEntry
from cdsc_server.domain.direct_access import MATCHED, Permission, Reach, filter_of
from cdsc_server.domain.group_scopes import AGGREGATIONS_QUERY, only_of_groups
from cdsc_server.domain.letters import StoppedBy
from cdsc_server.domain.news import NewsKind
from cdsc_server.domain.wording import direct_words
from cdsc_server.errors import Conflict, InvalidAuthorizationDetails, InvalidRequest, NotFound, UnauthorizedClient
from cdsc_server.ports import Clock
from cdsc_server.services import own_access
from cdsc_server.services.access_mails import tell_of_access_ended, tell_of_clearing
from cdsc_server.services.audit import record, record_own_access
from cdsc_server.services.mails import Mailing
from cdsc_server.storage import accounts, clients, customers, direct_listing, permissions
from cdsc_server.storage.clients import ClientRow
from cdsc_server.storage.db import reading, transaction
from cdsc_server.storage.permissions import EVERY, PermittedAccountRow

#: What the audit trail calls it when whom a Client Object reads is changed.
REACH_SET: Final = "client.reach_set"
#: Asks that what is preselected is there, instead of answering with nothing.
_MUST_MATCH: Final = "error_if_no_preselections"
#: What a Client reads that is the Customer no longer.
_ENDED: Final = "We have ended this."


@dataclass(frozen=True)
class Permitted:
    """
    What a Client Object is permitted to read directly.

    Args:
        named: Customers and Accounts, of no effect while its reach is wider.
    """

    reach: Reach
    named: Sequence[PermittedAccountRow]


def permitted(client_id: str) -> Permitted:
    """
    What an operator permits a Client Object.

    Raises:
        NotFound: there is no such Client Object.
    """
    with reading() as session:
        row = _client(session, client_id)
        return Permitted(Reach(row.reach), permissions.permissions_of(session, client_id))


def permit(
    client_id: str,
    customer_id: str,
    account_id: str | None,
    *,
    reason: str,
    actor: str,
    catalogue: Catalogue,
    mailing: Mailing,
    clock: Clock,
) -> None:
    """
    Let a Client Object read a Customer's Accounts directly, with all that hangs on them, from the next request on.

    The Customer is told, unless it could be read before.

    Args:
        account_id: only this one; None for every one, later ones too.

    Raises:
        InvalidRequest: no reason, no such Customer or no such Account of theirs.
        NotFound: there is no such Client Object.
        Conflict: it has no scope for direct access, may read them already, or is in the sandbox and they are real.
    """
    now = clock.now()
    with transaction() as session:
        row = _changeable(session, client_id, reason, catalogue)
        customer = customers.find_customer(session, customer_id)
        if customer is None:
            raise InvalidRequest("Customer: there is none with this id", field="customer_id")
        if row.status == ClientStatus.SANDBOX and not customer.is_test:
            raise Conflict("In the sandbox it reads fictional Customers only: nothing was changed")
        account = None if account_id is None else accounts.find_account(session, customer_id, account_id)
        if account_id is not None and account is None:
            raise InvalidRequest("Account: this Customer has none with this id", field="account_id")
        if permissions.find_permission(session, client_id, customer_id, account_id or EVERY) is not None:
            raise Conflict("It may read this already: nothing was changed")
        named = PermittedAccountRow(
            client_id=client_id,
            customer_id=customer_id,
            account_id=account_id or EVERY,
            reason=reason.strip(),
            created=now,
        )
        session.add(named)
        narrower = account_id is not None and permissions.find_permission(session, client_id, customer_id) is not None
        if row.reach == Reach.NAMED and titles_of(row, catalogue) and not narrower:
            tell_of_clearing(
                session,
                row,
                customer_id,
                titles=partial(titles_of, row, catalogue),
                account_number=None if account is None else account.account_number,
                reason=named.reason,
                mailing=mailing,
                now=now,
            )
        _record(session, row, "client.permitted", _named(customer_id, account_id), reason, actor=actor, now=now)


def forbid(
    client_id: str,
    customer_id: str,
    account_id: str | None,
    *,
    reason: str,
    actor: str,
    mailing: Mailing,
    clock: Clock,
) -> None:
    """
    Take back what `permit` gave, or what a Client has because it showed that it is the Customer.

    It holds from the next request on. The Customer is told when nothing is left of what could be read.

    Raises:
        InvalidRequest: no reason.
        NotFound: there is no such Client Object, or nothing of the kind is permitted.
    """
    now = clock.now()
    with transaction() as session:
        clients.lock_registration(session, _client(session, client_id).registration_id)
        row = _client(session, client_id, lock=True)
        _check_reason(reason)
        named = permissions.find_permission(session, client_id, customer_id, account_id or EVERY)
        if named is None:
            raise NotFound("nothing of the kind is permitted")
        if named.requirement_id is None:
            session.delete(named)
            session.flush()
            if row.reach == Reach.NAMED and not permissions.names_anything(session, client_id, customer_id):
                ended, by = NewsKind.CLEARED_ENDED, StoppedBy.SERVER
                tell_of_access_ended(session, row, customer_id, ended, by=by, mailing=mailing, now=now)
        else:
            # With what else stands on the step; else a production Client Object made later would have it again.
            others = own_access.end(
                session, named.requirement_id, why=_ENDED, by=StoppedBy.SERVER, mailing=mailing, now=now
            )
            record_own_access(
                session,
                [each for each in others if each.client_id != client_id],
                permitted=False,
                actor=actor,
                now=now,
            )
        _record(session, row, "client.forbidden", _named(customer_id, account_id), reason, actor=actor, now=now)


def titles_of(client: ClientRow, catalogue: Catalogue) -> list[str]:
    """What a Client Object reads of Customers directly, each once; nothing while it is disabled."""
    words = [] if client.status == ClientStatus.DISABLED else client.scope.split()
    of_customers = [
        scope
        for scope in catalogue.scopes_of(words)
        if scope.type.direct and scope.type.id != AGGREGATIONS_QUERY and not only_of_groups(scope.type.id, scope.fields)
    ]
    return [each.title for each in direct_words(of_customers)]


def set_reach(client_id: str, reach: Reach, *, reason: str, actor: str, catalogue: Catalogue, clock: Clock) -> None:
    """
    Let a Client Object read every Customer directly, every fictional one, or those that are named to it only.

    Raises:
        InvalidRequest: no reason.
        NotFound: there is no such Client Object.
        Conflict: it has no scope for direct access, or is in the sandbox and would read every real Customer.
    """
    now = clock.now()
    with transaction() as session:
        row = _changeable(session, client_id, reason, catalogue)
        if row.status == ClientStatus.SANDBOX and reach is Reach.CUSTOMERS:
            raise Conflict("In the sandbox it reads fictional Customers only: nothing was changed")
        before, row.reach = row.reach, reach.value
        _record(session, row, REACH_SET, {"before": before, "after": reach.value}, reason, actor=actor, now=now)


def check_request(session: Session, permission: Permission, asked: Sequence[RequestedEntry]) -> None:
    """
    Refuse what direct access cannot answer.

    Raises:
        UnauthorizedClient: no operator permits this Client Object anything.
        InvalidAuthorizationDetails: what it preselects has to be there, and is not among what it is permitted.

    Spec: CDS-WG3-01 6.2, 7.4.3.
    """
    if not permissions.permits_anything(session, permission):
        raise UnauthorizedClient("this client is not permitted to read data of Customers directly yet")
    for n, entry in enumerate(asked):
        if entry.values.get(_MUST_MATCH) is True:
            _check_preselection(session, permission, entry, n)


def _check_preselection(session: Session, permission: Permission, entry: RequestedEntry, n: int) -> None:
    where = f"authorization_details[{n}]"
    only = filter_of(entry.values)
    if not only:
        names = ", ".join(name for name in MATCHED if name in entry.values)
        raise InvalidAuthorizationDetails(
            f"{where}.{_MUST_MATCH} is true, so one of {names} must be given", field=f"{where}.{_MUST_MATCH}"
        )
    for name, values in only.items():
        if not direct_listing.has_match(session, permission, name, values):
            raise InvalidAuthorizationDetails(
                f"{where}.{name} matches nothing that this client is permitted to see", field=f"{where}.{name}"
            )


def _client(session: Session, client_id: str, *, lock: bool = False) -> ClientRow:
    row = clients.find_client(session, client_id, lock=lock)
    if row is None:
        raise NotFound(f"no Client Object has the client_id {client_id}")
    return row


def _changeable(session: Session, client_id: str, reason: str, catalogue: Catalogue) -> ClientRow:
    row = _client(session, client_id, lock=True)
    _check_reason(reason)
    if not any(scope.type.direct for scope in catalogue.scopes_of(row.scope.split())):
        raise Conflict("This Client Object has no scope for direct access: nothing was changed")
    return row


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise InvalidRequest("Reason: write why", field="reason")


def _named(customer_id: str, account_id: str | None) -> dict[str, Any]:
    return {"customer": customer_id, "account": account_id}


def _record(
    session: Session,
    row: ClientRow,
    action: str,
    what: Mapping[str, Any],
    reason: str,
    *,
    actor: str,
    now: datetime,
) -> None:
    record(
        session,
        actor=actor,
        action=action,
        subject=f"client:{row.client_id}",
        detail={**what, "reason": reason.strip(), "registration": row.registration_id},
        now=now,
    )
