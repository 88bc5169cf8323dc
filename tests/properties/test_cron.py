"""Cron against a search that looks at every minute there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.bpmn import cron

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ZONES = [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "America/New_York", "Asia/Shanghai")]
#: Days around the changes of the clocks, and the end of a February.
DAYS = [
    datetime(2026, month, day, tzinfo=UTC)
    for month, day in ((2, 27), (3, 7), (3, 8), (3, 28), (3, 29), (10, 24), (10, 25), (11, 1))
]


def some(low: int, high: int) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    return st.one_of(
        st.just("*"),
        numbers.map(str),
        st.lists(numbers, min_size=2, max_size=3).map(lambda found: ",".join(map(str, found))),
        st.tuples(numbers, numbers).map(lambda pair: f"{min(pair)}-{max(pair)}"),
        st.tuples(numbers, st.integers(1, 20)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    )


#: Without steps, which go to 7 there, another Sunday.
WEEKDAYS = some(0, 6).filter(lambda text: "/" not in text)


def named(text: str, value: int, high: int) -> bool:
    """Whether a field of the texts above names a number."""
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = ("0", "", str(high)) if span == "*" else span.partition("-")
        end = int(last or (high if step else first))
        if value in range(int(first), end + 1, int(step or 1)):
            return True
    return False


def fits(fields: tuple[str, str, str], wall: datetime) -> bool:
    minute, hour, weekday = fields
    return (
        named(minute, wall.minute, 59)
        and named(hour, wall.hour, 23)
        and named(weekday, wall.isoweekday() % 7, 6)
    )


def searched(fields: tuple[str, str, str], moment: datetime, zone: ZoneInfo) -> datetime:
    every = all(named(fields[1], hour, 23) for hour in range(24))
    while True:
        moment += MINUTE
        wall = moment.astimezone(zone)
        if fits(fields, wall) and (not wall.fold or every):
            return moment
        # A moment that no clock shows comes an hour later.
        skipped = wall.replace(tzinfo=None, fold=0) - HOUR
        shown = skipped.replace(tzinfo=zone).astimezone(UTC)
        missing = shown.astimezone(zone).replace(tzinfo=None) != skipped
        if shown == moment and missing and fits(fields, skipped):
            return moment


@settings(max_examples=150, deadline=None)
@given(
    fields=st.tuples(some(0, 59), some(0, 23), WEEKDAYS),
    day=st.sampled_from(DAYS),
    minutes=st.integers(0, 2 * 24 * 60),
    zone=st.sampled_from(ZONES),
)
def test_the_next_moment_is_the_first_minute_that_fits(
    fields: tuple[str, str, str], day: datetime, minutes: int, zone: ZoneInfo
) -> None:
    minute, hour, weekday = fields
    moment = day + minutes * MINUTE

    found = cron.parse(f"0 {minute} {hour} * * {weekday}").after(moment, zone)

    assert found == searched(fields, moment, zone)


@given(text=st.text(alphabet="0123456789*?,-/#LW MONJAFRI@", max_size=30))
def test_any_text_is_read_or_refused_with_advice(text: str) -> None:
    try:
        cron.parse(text)
    except ValueError as refused:
        assert ". " in str(refused)  # noqa: PT017 - most texts are refused
