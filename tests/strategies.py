"""What Hypothesis draws: values of our domain."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from cdsc_server.domain.durations import Duration

#: Instants of the years we keep data for, whole seconds.
instants = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=0)
)

durations = st.builds(
    Duration, months=st.integers(0, 600), days=st.integers(0, 4000), seconds=st.integers(0, 10_000_000)
)

#: Zones with and without daylight saving, on both sides of UTC.
zones = st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])


@st.composite
def written(draw: st.DrawFn, duration: Duration) -> str:
    """One of the ways to write a duration."""
    years, months = divmod(duration.months, 12) if draw(st.booleans()) else (0, duration.months)
    date = f"{years}Y" * (years > 0) + f"{months}M" * (months > 0) + f"{duration.days}D" * (duration.days > 0)
    time = f"T{duration.seconds}S" if duration.seconds or not date else ""
    return "P" + date + time
