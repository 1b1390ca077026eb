"""What operators review, and whom test accounts are for, as the configuration says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

#: Members of a Client Object whose change may wait for a review, each with what depends on it (CDS-WG1-02 5.5).
REVIEWABLE: Final[Mapping[str, tuple[str, ...]]] = {
    "client_name": (),
    "contacts": (),
    "client_uri": (),
    "logo_uri": (),
    "tos_uri": (),
    "policy_uri": (),
    "cds_purposes": (),
    "redirect_uris": ("cds_default_redirect_uri",),
    "scope": ("cds_default_scope", "cds_default_authorization_details"),
}


#: A hundred years: an instant so far away can still be written.
_MOST_DAYS: Final = 36_500


@dataclass(frozen=True)
class ReviewRules:
    """
    The configuration's `[review]` table.

    Args:
        client_fields: members of production Client Objects whose change waits for an operator.
        grant_days: Grants for which more is asked wait for an operator first, about so many days; None for not at all.
        link_days: how long the link of a form or payment works before a fresh one takes its place; None for ever.
    """

    client_fields: tuple[str, ...] = ()
    link_days: int | None = None
    grant_days: int | None = None


@dataclass(frozen=True)
class TestAccount:
    """A fictional Customer whose sign-in is published, for Clients in the sandbox (CDS-WG1-02 3.2)."""

    #: Not a test itself.
    __test__ = False

    username: str
    password: str
    description: str


def read_review_rules(table: Mapping[str, Any], faults: list[str]) -> ReviewRules:
    """The rules of the `[review]` table; adds what is wrong to `faults`."""
    known = ("client_fields", "link_days", "grant_days")
    faults += [f"review.{name} is not known" for name in table if name not in known]
    fields = table.get("client_fields", [])
    if not isinstance(fields, list) or not all(isinstance(name, str) and name in REVIEWABLE for name in fields):
        faults.append(f"review.client_fields may hold {', '.join(REVIEWABLE)}")
        fields = []
    return ReviewRules(tuple(fields), _days(table, "link_days", faults), _days(table, "grant_days", faults))


def _days(table: Mapping[str, Any], name: str, faults: list[str]) -> int | None:
    days = table.get(name)
    if days is None or (isinstance(days, int) and not isinstance(days, bool) and 0 < days <= _MOST_DAYS):
        return days
    faults.append(f"review.{name} must be a whole number above 0, and at most {_MOST_DAYS}")
    return None


def read_test_accounts(tables: Any, faults: list[str]) -> tuple[TestAccount, ...]:
    """The accounts of the `[[test_accounts]]` tables; adds what is wrong to `faults`."""
    accounts = []
    for n, table in enumerate(tables if isinstance(tables, list) else [tables]):
        names = ("username", "password", "description")
        if not isinstance(table, Mapping) or not all(isinstance(table.get(name), str) for name in names):
            faults.append(f"test_accounts.{n} needs username, password and description")
        else:
            accounts.append(TestAccount(*(table[name] for name in names)))
    return tuple(accounts)
