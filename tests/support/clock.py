"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

#: A Sunday noon outside of any change of daylight saving time, so that a test which cares must say so itself.
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """Satisfies `ports.Clock`."""

    def __init__(self, start: datetime = START) -> None:
        self.set(start)

    def now(self) -> datetime:
        """The instant it was last set or advanced to, in UTC."""
        return self._now

    def set(self, instant: datetime) -> None:
        """Stand at this instant, which must be aware."""
        if instant.tzinfo is None:
            raise ValueError("a naive instant has no place on a clock")
        self._now = instant.astimezone(UTC)

    def advance(self, step: timedelta | None = None, **parts: float) -> datetime:
        """Move on, by a timedelta or by its parts: `clock.advance(hours=1, seconds=1)`; gives the new now."""
        self._now += (step or timedelta()) + timedelta(**parts)
        return self._now
