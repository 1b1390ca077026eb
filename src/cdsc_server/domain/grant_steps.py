"""What operators may do with a Grant, by the status it has (CDS-WG1-02 8.2)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from cdsc_server.domain.grants import FINAL, GrantStatus


class GrantStep(StrEnum):
    """One thing an operator does with a Grant."""

    SUSPEND = "suspend"
    #: Back to what it was before it was suspended.
    RESTORE = "restore"
    #: Let it open what its Customer agreed to in another way, on paper for instance.
    AGREE = "agree"
    #: End it for good, by decision of this Server.
    DISABLE = "disable"
    #: End it for good on the word of its Customer, who called or wrote.
    REVOKE = "revoke"
    ACTIVE = "active"
    PENDING = "pending"
    DELAYED = "delayed"
    STOPPED = "stopped"
    ERRORED = "errored"


#: How far its data are, which nobody but the Server knows; each may follow any other.
PROGRESS: Final = (
    GrantStep.ACTIVE,
    GrantStep.PENDING,
    GrantStep.DELAYED,
    GrantStep.STOPPED,
    GrantStep.ERRORED,
)
ENDS: Final = (GrantStep.DISABLE, GrantStep.REVOKE)


def steps_from(
    status: GrantStatus,
    *,
    of_customer: bool,
    in_review: bool = False,
    paused: bool = False,
    unidentified: bool = False,
    unanswered: bool = False,
) -> tuple[GrantStep, ...]:
    """
    What may be done with a Grant now; nothing with one that is over.

    Args:
        of_customer: whether it is the Grant of a Customer, who alone can revoke it.
        in_review: whether a change of it waits for a decision, which says what it is next.
        paused: whether it is suspended by its Customer; the Server may hold it for itself then.
        unidentified: whether nobody knows yet whose it is; it cannot open anything before.
        unanswered: whether its Customer never agreed to anything of it.
    """
    if status in FINAL or status is GrantStatus.EXPIRED:
        return ()
    ends = ENDS if of_customer else (GrantStep.DISABLE,)
    if status is GrantStatus.SUSPENDED:
        return (GrantStep.SUSPEND, GrantStep.RESTORE, *ends) if paused else (GrantStep.RESTORE, *ends)
    agrees = status is GrantStatus.NEEDS_AUTHORIZATION and of_customer and unanswered
    moves = status.value in set(PROGRESS) and not in_review and not unidentified
    progress = tuple(step for step in PROGRESS if step.value != status) if moves else ()
    return (*([GrantStep.AGREE] if agrees else ()), GrantStep.SUSPEND, *progress, *ends)
