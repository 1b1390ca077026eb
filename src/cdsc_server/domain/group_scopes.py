"""The scope types by which Clients find groups of Customers, read their sums, and ask these Customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from cdsc_server.domain.direct_access import MATCHED

AGGREGATIONS_QUERY: Final = "cds_query_aggregations"
USAGE_QUERY: Final = "cds_query_usage"
AGGREGATION_CONSENT: Final = "cds_aggregation_consent"
#: The field that names groups.
NUMBERS: Final = "aggregation_numbers"


def numbers_asked(scope_type: str, details: Mapping[str, Any]) -> Sequence[str]:
    """The numbers of the groups whose sums an entry asks for; none where it is about something else."""
    wanted = scope_type == USAGE_QUERY or _lists_with_sums(scope_type, details)
    return details.get(NUMBERS) or () if wanted else ()


def must_name_groups(scope_type: str, fields: Collection[str], details: Mapping[str, Any]) -> bool:
    """Whether an entry of a scope with these fields is about sums of groups, and so has to say of which."""
    return only_of_groups(scope_type, fields) or _lists_with_sums(scope_type, details)


def only_of_groups(scope_type: str, fields: Collection[str]) -> bool:
    """Whether a scope opens usage of groups alone: it filters by them, and by nothing that Customers have."""
    return scope_type == USAGE_QUERY and NUMBERS in fields and not MATCHED.keys() & set(fields)


def _lists_with_sums(scope_type: str, details: Mapping[str, Any]) -> bool:
    """Whether an entry that finds groups wants their sums, too (CDS-WG3-01 7.2.8)."""
    return scope_type == AGGREGATIONS_QUERY and details.get("include_usage_segments") is True


def is_about_groups(scope_type: str, details: Mapping[str, Any]) -> bool:
    """Whether an entry opens groups alone, for which no operator need permit anybody's own data."""
    return scope_type == AGGREGATIONS_QUERY or bool(numbers_asked(scope_type, details))
