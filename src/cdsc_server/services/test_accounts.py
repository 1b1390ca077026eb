"""Test accounts that are published for Clients in the sandbox (CDS-WG1-02 3.2)."""

from __future__ import annotations

from collections.abc import Sequence

from cdsc_server.domain.review_rules import TestAccount
from cdsc_server.storage import customers
from cdsc_server.storage.db import reading


def published_accounts(accounts: Sequence[TestAccount]) -> list[TestAccount]:
    """Those of the configuration that exist and belong to a fictional Customer: no other is ever shown."""
    with reading() as session:
        known = customers.test_logins(session, [account.username.lower() for account in accounts])
    return [account for account in accounts if account.username.lower() in known]
