"""The change calendar on pages: what is scheduled, filters, iCalendar in and out."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from icalendar import Calendar

from itil import change_windows
from tests.office import Office
from tests.scenarios.change.steps import approved
from tests.scenarios.release.steps import opened
from tests.web.conftest import Browser

FEED = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
SUMMARY:Year end
DTSTART;VALUE=DATE:20261220
DTEND;VALUE=DATE:20270103
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTAMP:20260101T000000Z
SUMMARY:Payroll
DTSTART;TZID=Asia/Shanghai:20260325T080000
DTEND;TZID=Asia/Shanghai:20260325T200000
RRULE:FREQ=MONTHLY;BYMONTHDAY=25
END:VEVENT
END:VCALENDAR
"""


def test_chg_15_the_calendar_shows_what_is_scheduled_and_filters_it(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    change = approved(office)
    ben = visitor("ben")

    assert change.number in ben.get("/changes").text
    assert change.number in ben.get("/changes?service=mail&type=normal").text
    assert change.number in ben.get("/changes?ci=srv-mail").text
    for other in ("service=erp", "type=standard", "ci=srv-print", "from=2027-01-01"):
        assert change.number not in ben.get(f"/changes?{other}").text
    for absurd in ("from=yesterday", "from=0001-01-01", "from=9999-12-31"):
        assert ben.get(f"/changes?{absurd}").status_code == 200


def test_chg_15_the_feed_is_read_by_calendars(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    change = approved(office)

    feed = Calendar.from_ical(visitor("ben").get("/changes.ics").data)

    said = [str(event["SUMMARY"]) for event in feed.walk("VEVENT")]
    assert f"{change.number} New mail release" in said
    assert sum("Sunday night" in one for one in said) > 50


def upload(chen: Browser, content: bytes) -> int:
    csrf, key = chen.tokens("/changes/windows")
    sent = chen.client.post(
        "/changes/windows/calendar",
        data={
            "csrf": csrf,
            "key": key,
            "kind": "hard-freeze",
            "file": (BytesIO(content), "freeze.ics"),
        },
        headers={"Origin": "http://localhost"},
    )
    return sent.status_code


def test_chg_17_windows_come_from_a_calendar_file_once(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    chen = visitor("chen")

    assert [upload(chen, FEED), upload(chen, FEED)] == [303, 303]

    with office.runtime.read() as reader:
        found = {w.name: (w.kind, w.rule) for w in change_windows.every(reader)}
    assert found["Year end"] == ("hard-freeze", None)
    assert found["Payroll"][1] == "FREQ=MONTHLY;BYMONTHDAY=25"
    assert len(found) == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no calendar",
        FEED.replace(b"FREQ=MONTHLY;BYMONTHDAY=25", b"FREQ=SECONDLY"),
        FEED.replace(b"20270103", b"20260101"),
    ],
)
def test_chg_17_a_file_that_cannot_be_changes_nothing(
    office: Office, visitor: Callable[[str], Browser], content: bytes
) -> None:
    status = upload(visitor("chen"), content)

    with office.runtime.read() as reader:
        assert len(change_windows.every(reader)) == 1
    assert status == 422


def test_rel_14_releases_stand_in_the_calendar_and_its_feed(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    release, _ = opened(office, method="phased", waves=["network", "servers"], wave_hours=24)
    ben = visitor("ben")

    for shown in ("", "?service=mail", "?ci=srv-mail"):
        page = ben.get(f"/changes{shown}").text
        assert f'href="/cases/{release.number}"' in page
        assert "<span>Network</span>" in page
    for other in ("service=erp", "ci=srv-print", "type=normal", "from=2027-01-01"):
        assert release.number not in ben.get(f"/changes?{other}").text
    events = Calendar.from_ical(ben.get("/changes.ics").data).walk("VEVENT")
    said = {str(one["SUMMARY"]): one.decoded("DTEND") - one.decoded("DTSTART") for one in events}
    assert said[f"{release.number} Mail servers"].days == 1


def test_rel_14_the_page_of_a_release_shows_windows_and_conflicts(
    office: Office, visitor: Callable[[str], Browser]
) -> None:
    release, change = opened(office, changes=[])
    page = visitor("rob").get(f"/cases/{release.number}").text
    chinese = visitor("li").get(f"/cases/{release.number}").text

    panel = page.partition('aria-labelledby="conflicts"')[2].partition("</section>")[0]
    assert f'href="/cases/{change.number}"' in panel
    assert "Same item" in panel
    assert "部署时间" in chinese
    assert 'aria-labelledby="conflicts"' not in visitor("ben").get(f"/cases/{change.number}").text
