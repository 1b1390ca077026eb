"""
The refusals of the server, one class per kind.

Raise them anywhere below `web`; only `web/problems.py` turns them into responses.
What the caller reads (`description`) is apart from what the operator's log gets (`detail`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class Problem(Exception):
    """
    A refusal with a public text.

    Args:
        description: read by the caller; names the field and the rule.
        detail: read by the operator in the log; never holds tokens, codes or Customer data.
        field: the member of the request that broke the rule, when there is one.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "invalid_request"
    #: False: shown as a page, because the redirect_uri is not to be trusted (RFC 6749 4.1.2.1).
    may_redirect: ClassVar[bool] = True

    def __init__(self, description: str, *, detail: str = "", field: str | None = None) -> None:
        super().__init__(description)
        self.description = description
        self.detail = detail
        self.field = field


class InvalidRequest(Problem):
    """A parameter is missing, repeated or malformed."""


class NotFound(Problem):
    """No such object, or none this caller may know of: the two are not told apart."""

    status = 404
    code = "not_found"


class NotAcceptable(Problem):
    """The answer cannot be had in the form that the caller asks for."""

    status = 406
    code = "not_acceptable"


class Conflict(Problem):
    """The object changed or was used since the caller looked."""

    status = 409
    code = "conflict"


class FeedWaits(Conflict):
    """A delta file came before its turn: the files of a feed are applied in the order of their numbers."""

    code = "feed_waits"

    def __init__(self, feed: str, number: int, missing: int) -> None:
        super().__init__(
            f"number {number} of feed {feed} waits for number {missing}, which has not come; nothing of it was stored",
            field="number",
        )


class TooLarge(Problem):
    """The body is larger than the Server takes."""

    status = 413
    code = "too_large"


class UnsupportedMediaType(Problem):
    """The body is not of the content type this endpoint reads."""

    status = 415
    code = "unsupported_media_type"


class TooManyRequests(Problem):
    """Slow down; `retry_after` seconds at least."""

    status = 429
    code = "too_many_requests"

    def __init__(self, description: str, *, retry_after: int, detail: str = "") -> None:
        super().__init__(description, detail=detail)
        self.retry_after = retry_after


class InvalidToken(Problem):
    """The bearer token is missing, unknown, expired or revoked, or its Grant has ended (RFC 6750 3.1)."""

    status = 401
    code = "invalid_token"


class InsufficientScope(Problem):
    """The bearer token is alive but does not open this resource (RFC 6750 3.1)."""

    status = 403
    code = "insufficient_scope"


class InvalidClient(Problem):
    """Client authentication failed (RFC 6749 5.2)."""

    status = 401
    code = "invalid_client"
    may_redirect = False


class InvalidClientMetadata(Problem):
    """A registration or client update breaks a rule (RFC 7591 3.2.2)."""

    code = "invalid_client_metadata"


class InvalidGrant(Problem):
    """The code or refresh token is unknown, expired, used or another Client's (RFC 6749 5.2)."""

    code = "invalid_grant"


class UnauthorizedClient(Problem):
    """This Client Object may not use this grant or response type."""

    code = "unauthorized_client"


class UnsupportedGrantType(Problem):
    """The token endpoint does not know this grant_type."""

    code = "unsupported_grant_type"


class UnsupportedResponseType(Problem):
    """The authorization endpoint does not know this response_type."""

    code = "unsupported_response_type"
    may_redirect = False


class InvalidScope(Problem):
    """A scope is unknown, malformed or not registered for the Client Object."""

    code = "invalid_scope"


class InvalidAuthorizationDetails(Problem):
    """An entry of authorization_details breaks a rule (RFC 9396 5)."""

    code = "invalid_authorization_details"


class InvalidGrantId(Problem):
    """cds_grant_id names no Grant that this Client could have a Customer approve (CDS-WG1-02 8.3)."""

    code = "cds_grant_id_invalid_value"


class AccessDenied(Problem):
    """The Customer, or the Server's policy, said no."""

    status = 403
    code = "access_denied"


class UntrustedRequest(Problem):
    """client_id or redirect_uri is missing or wrong: a page, never a redirect (RFC 6749 4.1.2.1)."""

    may_redirect = False


class InvalidFile(Problem):
    """
    A file handed to an import breaks a rule; nothing of it was stored.

    Args:
        line: where the broken block starts, counted from 1; None when the file as a whole is meant.
        counted: what `line` counts: "line", or "row" where the file has no lines.
    """

    code = "invalid_file"

    def __init__(
        self, description: str, *, line: int | None = None, counted: str = "line", field: str | None = None
    ) -> None:
        super().__init__(description if line is None else f"{counted} {line}: {description}", field=field)
        self.line = line


class FaultyFile(InvalidFile):
    """
    A file handed to an import breaks rules; nothing of it was stored.

    Args:
        faults: every one of them, each with its place.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class RecordFault:
    """
    What is wrong with one of many records.

    Args:
        line: where it stands in what was handed in, counted from 1; None where it came alone.
        field: the member that breaks the rule; empty for the record as a whole.
        rule: what it must be.
        conflict: whether it would be right, were it not for what is here already.
        counted: what `line` counts: "line", or "row" where it came without lines.
    """

    line: int | None
    field: str
    rule: str
    conflict: bool = False
    counted: str = "line"

    def __str__(self) -> str:
        where = "" if self.line is None else f"{self.counted} {self.line}: "
        return f"{where}{self.field} {self.rule}" if self.field else f"{where}{self.rule}"


class FaultyRecords(Problem):
    """
    Records that were handed in break rules; none of them was stored.

    Args:
        faults: the first of them, in the order of the records.
        more: whether the rest was not looked at, because there are so many.
    """

    status = 422
    code = "faulty_records"

    def __init__(self, faults: Sequence[RecordFault], *, more: bool = False) -> None:
        first = faults[0]
        rest = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        super().__init__(f"{first}{rest}; nothing was stored", field=first.field or None)
        self.faults = faults
        self.more = more


class InvalidConfiguration(Problem):
    """The Server refuses to start; `faults` holds every fault found, not only the first."""

    status = 500
    code = "invalid_configuration"

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults
