"""What comes back after a case was closed is a new case that goes on from it."""

from __future__ import annotations

from collections.abc import Callable

from engine.commands import instances
from itil import links
from tests.office import ADMIN, Office
from tests.web.conftest import Browser
from tests.web.test_work import REPORT


def closed(office: Office) -> str:
    incident = office.open_incident(as_="rita", summary="VPN drops")
    office.runtime.run(ADMIN, lambda work: instances.cancel(work, incident.id, "done"))
    return incident.number


def test_inc_21_what_comes_back_is_a_new_case_linked_to_the_closed_one(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    number = closed(office)
    rita = visitor("rita")
    path = f"/portal/report?again={number}"
    assert f'href="{path}"' in rita.get(f"/portal/cases/{number}").text
    page = rita.get(path).text
    assert 'value="VPN drops"' in page
    assert f"goes on from {number}" in page

    sent = rita.post(path, REPORT, path)

    assert sent.headers["Location"] == "/portal/cases/INC-2?done=reported"
    with office.runtime.read() as reader:
        (link,) = links.of(reader, "INC-2")
    assert (link.kind, link.other) == ("continues", number)


def test_inc_21_only_ones_own_closed_case_is_gone_on_from(
    visitor: Callable[[str], Browser], office: Office
) -> None:
    number = closed(office)
    open_one = office.open_incident(as_="rita").number

    assert visitor("wang").get(f"/portal/report?again={number}").status_code == 404
    assert visitor("rita").get(f"/portal/report?again={open_one}").status_code == 409
