"""The pages in a real browser: Chromium, as people see them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import needs
from tests.web.running import Running, running

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = [
    "/",
    "/articles/the-ferry-that-came-back",
    "/articles/belarus-detains-24-people-across-country-rights-group",
    "/tags/harbour",
    "/coast",
    "/feeds",
    "/nothing",
]
# Every text with its colour and the first opaque colour behind it: the contrast by WCAG 2.2, 1.4.3.
CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = colour => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
    if (!text || ['SCRIPT', 'STYLE'].includes(element.tagName)) continue;
    let behind = element;
    while (behind && rgb(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
    const ground = behind ? getComputedStyle(behind).backgroundColor : 'white';
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(rgb(ground))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push([text.slice(0, 40), ratio.toFixed(2)]);
  }
  return poor;
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("server") / "edition") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    needs(CHROMIUM.exists(), f"{CHROMIUM} is absent: install Debian's chromium")
    from playwright.sync_api import sync_playwright

    # The shell wrapper of the package must not find the settings of whoever runs the tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHROMIUM")}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS, env=environment)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(browser: Any) -> Any:
    """One tab for all tests: a new one takes longer than what is done in it."""
    return browser.new_page()


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def tab(page: Any, complaints: list[str]) -> Iterator[Any]:
    listeners = {
        "console": lambda message: complaints.append(f"{message.type}: {message.text}"),
        "pageerror": lambda error: complaints.append(str(error)),
        "requestfailed": lambda request: complaints.append(f"{request.url}: {request.failure}"),
    }
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="light")
    for event, listener in listeners.items():
        page.on(event, listener)
    yield page
    for event, listener in listeners.items():
        page.remove_listener(event, listener)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_renders_without_a_complaint_of_the_browser(
    server: Running, tab: Any, complaints: list[str], path: str
) -> None:
    tab.goto(server.address + path)
    expected = ["error: Failed to load resource: the server responded with a status of 404 (Not Found)"]
    assert complaints == (expected if path == "/nothing" else [])
    assert tab.locator("h1").count() == 1
    assert tab.locator("h1").is_visible()
    background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background not in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"), "the style sheet was not applied"
    broken = "[...document.images].filter(image => image.complete && !image.naturalWidth).map(image => image.src)"
    assert tab.evaluate(broken) == []


@pytest.mark.parametrize("path", PAGES)
def test_every_text_has_enough_contrast_in_both_schemes(server: Running, tab: Any, path: str) -> None:
    tab.goto(server.address + path)
    for scheme, ground in (("light", "rgb(253, 252, 250)"), ("dark", "rgb(22, 24, 27)")):
        tab.emulate_media(color_scheme=scheme)
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == ground
        assert tab.evaluate(CONTRAST) == []


@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways_on_a_small_screen(server: Running, tab: Any, path: str) -> None:
    tab.goto(server.address + path)
    for width in (320, 360, 768):
        tab.set_viewport_size({"width": width, "height": 700})
        assert tab.evaluate("document.documentElement.scrollWidth") == width


def test_no_word_of_a_table_of_feeds_is_broken_on_a_small_screen(server: Running, tab: Any) -> None:
    tab.goto(server.address + "/feeds")
    tab.set_viewport_size({"width": 390, "height": 844})
    lines = """cells => cells.map(cell => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return new Set([...range.getClientRects()].map(box => Math.round(box.bottom / 4))).size;
    })"""
    assert set(tab.locator(".feeds thead th, .feeds td").evaluate_all(lines)) == {1}


def test_no_line_of_a_byline_begins_or_ends_with_a_separator(server: Running, tab: Any) -> None:
    tab.goto(server.address + "/articles/the-ferry-that-came-back")
    shown = """parts => {
      const cut = parts[0].parentElement.getBoundingClientRect().left;
      return parts.map(part => {
        const box = part.getBoundingClientRect(), em = parseFloat(getComputedStyle(part).fontSize);
        const separated = getComputedStyle(part, '::before').content !== 'none' && box.left - 0.48 * em >= cut;
        const first = box.left - cut < em;
        return [first, separated];
      });
    }"""
    for width, expected in ((390, [[True, False]] * 3), (1280, [[True, False], [False, True], [True, False]])):
        tab.set_viewport_size({"width": width, "height": 844})
        assert tab.locator("header .byline > *").evaluate_all(shown) == expected


@pytest.mark.parametrize("path", PAGES)
def test_the_keyboard_reaches_the_content_at_once(server: Running, tab: Any, path: str) -> None:
    tab.goto(server.address + path)
    skip = tab.locator("a.skip")
    assert skip.bounding_box()["y"] < 0
    tab.keyboard.press("Tab")
    assert skip.evaluate("element => element === document.activeElement")
    assert skip.bounding_box()["y"] >= 0
    assert skip.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"


def test_the_browser_finds_headings_links_and_landmarks_by_their_names(server: Running, tab: Any) -> None:
    tab.goto(server.address + "/")
    for role, name in [
        ("banner", None),
        ("main", None),
        ("contentinfo", None),
        ("navigation", "Site"),
        ("navigation", "Pages"),
        ("complementary", "Feeds and topics"),
        ("region", "Subscribe"),
        ("region", "Tuesday, 23 January 2024"),
        ("heading", "The ferry that came back"),
        ("link", "Feed of Harbour"),
    ]:
        found = tab.get_by_role(role, name=name, exact=True) if name else tab.get_by_role(role)
        assert found.count() == 1, (role, name)


def test_a_person_reads_follows_and_turns_pages_by_clicking(server: Running, tab: Any) -> None:
    tab.goto(server.address + "/")
    tab.get_by_role("link", name="The ferry that came back").click()
    assert tab.url == server.address + "/articles/the-ferry-that-came-back"
    tab.get_by_role("link", name="Ferries").click()
    assert tab.locator("h1").inner_text() == "Ferries"
    tab.get_by_role("link", name="The Harbour Gazette").click()
    tab.get_by_role("link", name="Older articles").click()
    assert tab.get_by_role("link", name="Newest articles").count() == 1


@pytest.mark.parametrize("path", ["/feed.xml", "/rss.xml"])
def test_a_feed_opened_in_the_browser_is_shown_with_its_style_and_runs_nothing(
    server: Running, tab: Any, path: str
) -> None:
    response = tab.goto(server.address + path)
    assert (response.status, response.headers["content-type"]) == (200, "application/xml; charset=utf-8")
    assert tab.evaluate("document.documentElement.getAttribute('ran')") is None
    assert "Number 1" in tab.evaluate("document.documentElement.textContent")
    assert tab.evaluate("[...document.styleSheets].map(sheet => new URL(sheet.href).pathname)") == ["/feed.css"]
    assert tab.evaluate("getComputedStyle(document.querySelector('entry, item')).display") != "inline"
