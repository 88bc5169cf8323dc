"""What can be measured of how pages look: contrast, width, focus, in light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Person
from tests.office import Office

pytestmark = pytest.mark.browser

PAGES = ("/inbox?tab=groups", "/tasks/1", "/cases", "/cases/INC-1", "/portal", "/portal/report",
         "/processes", "/outbox", "/nowhere")  # fmt: skip
#: Every text with less contrast to its background than WCAG AA asks for (1.4.3).
PALE = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = colour => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => v / 255).map(
      v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest('svg, option')) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(rgba(style.color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(found)];
}"""


@pytest.fixture
def incident(office: Office) -> None:
    case = office.open_incident(summary="Mail is slow", description="It **is** slow")
    case.comment("We look at it", "ben")


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("login", ["ben", "li"])
def test_every_text_has_enough_contrast(
    person: Callable[..., Person], login: str, scheme: str
) -> None:
    somebody = person(login, color_scheme=scheme)
    pale = {}
    for path in PAGES:
        somebody.open(path)
        pale[path] = somebody.page.evaluate(PALE)

    assert pale == {path: [] for path in PAGES}


@pytest.mark.usefixtures("incident")
def test_no_page_scrolls_sideways_on_a_phone(person: Callable[..., Person]) -> None:
    li = person("li", viewport={"width": 390, "height": 844})
    widths = {}
    for path in PAGES:
        li.open(path)
        widths[path] = li.page.evaluate("() => document.documentElement.scrollWidth")

    assert widths == dict.fromkeys(PAGES, 390)


@pytest.mark.usefixtures("incident")
def test_the_first_tab_leads_to_the_content_and_focus_can_be_seen(
    person: Callable[..., Person],
) -> None:
    ben = person("ben")
    ben.open("/inbox?tab=groups")

    ben.page.keyboard.press("Tab")
    focused = ben.page.locator(":focus").evaluate(
        "element => [element.className, getComputedStyle(element).outlineStyle]"
    )
    ben.page.keyboard.press("Enter")

    assert focused == ["skip", "solid"]
    assert ben.page.evaluate("() => document.activeElement.id") == "main"
