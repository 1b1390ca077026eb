"""What a Client may post, and the first rules it is judged by (CDS-WG1-02 6.9)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cdsc_server.domain.messages import PATHS, MessageStatus, MessageType, RelatedTo, RelatedType
from cdsc_server.errors import InvalidRequest

#: The status that a new Message of a Client gets, by the types it may post (CDS-WG1-02 6.9).
STATUS_OF_POST: Final[Mapping[MessageType, MessageStatus]] = {
    MessageType.PRIVATE_MESSAGE: MessageStatus.COMPLETE,
    MessageType.PRODUCTION_REQUEST: MessageStatus.PENDING,
    MessageType.SUPPORT_REQUEST: MessageStatus.PENDING,
    MessageType.GRANT_REQUEST: MessageStatus.PENDING,
    MessageType.CLIENT_SUBMISSION: MessageStatus.COMPLETE,
}

#: What a client_submission may answer; 6.9 names the first, 3.6 has PDF forms come back this way too.
SUBMITTED_TO: Final = (MessageType.SERVER_REQUEST, MessageType.PDF_FORM_REQUEST)

_OBJECT: Final = re.compile(r"/[A-Za-z0-9_-]{1,200}")


@dataclass(frozen=True)
class Attachment:
    """A file as it was sent (CDS-WG1-02 6.7)."""

    filename: str
    mime_type: str
    data: bytes


@dataclass(frozen=True)
class MessagePost:
    """A Message as a Client sent it, right in shape."""

    previous_uri: str | None
    type: MessageType
    name: str
    description: str
    updates_requested: Sequence[Mapping[str, Any]] | None = None
    grants_requested: Sequence[Mapping[str, Any]] | None = None
    related_uri: str | None = None
    attachments: Sequence[Attachment] = ()


def check_members(post: MessagePost) -> None:
    """
    Refuse a post whose members do not go with its type.

    Raises:
        InvalidRequest: names the member and the rule.
    """
    type, submission = post.type, post.type is MessageType.CLIENT_SUBMISSION
    for member, text in (("name", post.name), ("description", post.description)):
        if submission and text:
            raise refusal(member, "must be an empty string on a client_submission")
        if type in (MessageType.SUPPORT_REQUEST, MessageType.PRIVATE_MESSAGE) and not text.strip():
            raise refusal(member, f"must not be empty on a {type}")
    if submission and post.previous_uri is None:
        raise refusal("previous_uri", "must be the uri of the request that a client_submission answers")
    if post.updates_requested and not submission:
        raise refusal("updates_requested", f"has no meaning on a {type}")
    if type is MessageType.GRANT_REQUEST and not post.grants_requested:
        raise refusal("grants_requested", "is required on a grant_request, with one entry at least")
    if post.grants_requested and type is not MessageType.GRANT_REQUEST:
        raise refusal("grants_requested", f"has no meaning on a {type}")
    if type in (MessageType.PRODUCTION_REQUEST, MessageType.GRANT_REQUEST) and post.related_uri is None:
        raise refusal("related_uri", f"is required on a {type}: the cds_client_uri of a Client Object")
    if submission and post.related_uri is not None:
        raise refusal("related_uri", "has no meaning on a client_submission")


def check_answers(
    answers: Sequence[Mapping[str, Any]] | None, asked: Sequence[Mapping[str, Any]] | None, *, attached: bool
) -> None:
    """
    Refuse a client_submission whose fields are not those that were asked for.

    Args:
        asked: updates_requested of the request; None when it names no fields, as PDF forms do not.
        attached: whether files came along, which are an answer of their own where no fields were asked for.

    Raises:
        InvalidRequest: names the member and the rule.
    """
    given = [answer["field"] for answer in answers or ()]
    if not given and (asked or not attached):
        raise refusal("updates_requested", "is required on a client_submission")
    for n, answer in enumerate(answers or ()):
        if given.count(answer["field"]) > 1:
            raise refusal(f"updates_requested.{n}.field", "stands there more than once")
        if not answer.get("description") and not answer.get("uri"):
            raise refusal(f"updates_requested.{n}", "needs an answer, as description or as uri")
    if asked is None:
        return
    wanted = [entry["field"] for entry in asked]
    for n, field in enumerate(given):
        if field not in wanted:
            raise refusal(f"updates_requested.{n}.field", f"was not asked for; asked for is {', '.join(wanted)}")
    for field in wanted:
        if field not in given:
            raise refusal("updates_requested", f"has no answer for {field}")


def related_of(uri: str, base_url: str) -> RelatedTo:
    """
    What an address is about: an object or a list of our APIs, or else more information.

    Whether there is such an object is for the caller to find out.
    """
    for kind, path in PATHS.items():
        rest = uri.removeprefix(base_url + path)
        if rest == uri:
            continue
        if not rest or rest.startswith("?"):
            return RelatedTo(RelatedType(f"{kind}_list"), rest[1:])
        if _OBJECT.fullmatch(rest):
            return RelatedTo(kind, rest[1:])
    return RelatedTo(RelatedType.MORE_INFO, uri)


def refusal(member: str, rule: str) -> InvalidRequest:
    """A refusal that names a member of the request and the rule it breaks."""
    return InvalidRequest(f"{member}: {rule}", field=member)
