"""What a walk tells: a line for each step with its time and what was checked, and one clear text when it goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from requests import RequestException

_UNKNOWN = "compare the answer with the API reference at /docs of the server, and look into the server's log"


class WrongAnswer(Exception):
    """The server did not answer as it should: what was expected, what came, and what to do about it."""

    def __init__(self, expected: str, seen: object, advice: str = "") -> None:
        super().__init__(expected)
        self.expected = expected
        self.seen = seen
        self.advice = advice or _UNKNOWN


class Report:
    """Tells each step when it has been made."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._checked: list[str] = []
        self.steps = 0

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """
        One step; what is checked inside is told with it.

        Raises:
            WrongAnswer: a check inside failed, or an answer has another shape; the step that failed is told first.
        """
        self._checked, started = [], time.perf_counter()
        try:
            yield
        except (WrongAnswer, RequestException):
            self._line("FAILED", started, name)
            raise
        except (LookupError, TypeError, ValueError) as fault:
            # An answer of another shape than the standard gives it.
            self._line("FAILED", started, name)
            missing = f"{type(fault).__name__}: {fault}"
            raise WrongAnswer("the answer has every member that this step reads", missing) from fault
        self.steps += 1
        self._line("ok", started, name)

    def check(self, what: str, holds: bool, *, seen: object, advice: str = "") -> None:
        """
        A check of the step at hand.

        Args:
            what: a sentence that is true when it holds.
            seen: shown when it does not.
            advice: what to do then.

        Raises:
            WrongAnswer: it does not hold.
        """
        if not holds:
            raise WrongAnswer(what, seen, advice)
        self._checked.append(what)

    def note(self, what: str) -> None:
        """Something of the answer that is worth reading; told with the step at hand."""
        self._checked.append(what)

    def _line(self, result: str, started: float, name: str) -> None:
        self._tell(f"{result:>6}  {(time.perf_counter() - started) * 1000:6.0f} ms  {name}")
        for what in self._checked:
            self._tell(f"                     - {what}")
