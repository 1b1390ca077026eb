"""Runs conditions over one session, in order, and never stops at a fault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cdsc_conformance.condition import Condition
from cdsc_conformance.findings import Finding, Outcome, Unmet
from cdsc_conformance.recorder import Unreachable
from cdsc_conformance.register import register
from cdsc_conformance.session import Session
from cdsc_conformance.tables import merged


@dataclass(frozen=True)
class Judged:
    """What one condition said, one finding for each of its rows."""

    condition: Condition
    plan: str
    findings: tuple[Finding, ...]
    seconds: float = 0.0


@dataclass(frozen=True)
class Result:
    """A whole run."""

    base_url: str
    plans: tuple[str, ...]
    started: datetime
    judged: tuple[Judged, ...] = ()
    #: How often each outcome came, counted by row: the worst finding of a row counts.
    counts: dict[Outcome, int] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """0: nothing failed; 1: a row does not hold; 2: the kit could not do its work."""
        if self.counts.get(Outcome.BROKEN) or not self.counts.get(Outcome.PASSED):
            return 2 if not self.counts.get(Outcome.FAILED) else 1
        return 1 if self.counts.get(Outcome.FAILED) else 0

    def rows(self, outcome: Outcome) -> dict[str, str]:
        """The rows with this as their worst outcome, each with the condition that said so."""
        worst = {finding.row: finding for finding in merged(f for each in self.judged for f in each.findings)}
        return {
            finding.row: each.condition.name
            for each in self.judged
            for finding in each.findings
            if worst[finding.row].outcome is outcome is finding.outcome
        }


def run(
    session: Session,
    plans: dict[str, Sequence[Condition]],
    *,
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Result:
    """
    Judge every condition of these plans.

    Args:
        plans: conditions by the name of their plan, in the order to run them.
        progress: called before each condition with its name, its number and how many there are.
    """
    started = datetime.now(UTC)
    wanted = [(plan, condition) for plan, conditions in plans.items() for condition in conditions]
    judged = []
    for number, (plan, condition) in enumerate(wanted, 1):
        progress(condition.name, number, len(wanted))
        judged.append(Judged(condition, plan, tuple(_findings(condition, session)), _since(session)))
    counts = dict.fromkeys(Outcome, 0)
    for finding in merged(finding for each in judged for finding in each.findings):
        counts[finding.outcome] += 1
    return Result(session.base_url, tuple(plans), started, tuple(judged), counts)


def _findings(condition: Condition, session: Session) -> list[Finding]:
    """One finding for each row; what a condition leaves unsaid is told why."""
    session.mark = len(session.http.exchanges)
    said: list[Finding] = []
    left = Outcome.BROKEN, "the condition said nothing about this row"
    try:
        for finding in condition.judgement(session):
            said.append(_by_level(finding))  # noqa: PERF401  # what was said before a fault counts
    except Unmet as fault:
        left = Outcome.SKIPPED, str(fault)
    except Unreachable as fault:
        left = Outcome.FAILED, f"no answer: {fault}"
    except Exception as fault:  # one odd answer must not end the run
        left = Outcome.BROKEN, f"the kit could not judge what came: {type(fault).__name__}: {fault}"
    known = {finding.row for finding in said}
    last = tuple(session.http.exchanges[session.mark :][-1:])
    said += [_by_level(Finding(row, *left, last)) for row in condition.rows if row not in known]
    return list(merged(said))


def _by_level(finding: Finding) -> Finding:
    """What a standard only recommends is told, not failed."""
    if finding.outcome is Outcome.FAILED and register()[finding.row].level != "MUST":
        return Finding(finding.row, Outcome.WARNED, finding.reason, finding.exchanges)
    return finding


def _since(session: Session) -> float:
    return sum(exchange.seconds for exchange in session.http.exchanges[session.mark :])
