"""What the browser tests share: opening a page, waiting for it, downloads, pictures, what the browser reports."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

SLOW = 240_000  # ms; the first run loads every model


class Seen:
    """What the browser reported while a page was open."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda socket: self._request(socket.url))

    def _request(self, url: str) -> None:
        if not url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:", "about:")):
            self.outside.append(url)


def arrive(page: Page, address: str) -> None:
    """Opens the first page: a first visit by a deep link names the page as missing, once after each start."""
    page.goto(address)
    come_to_rest(page)


def open_page(page: Page, url: str) -> Seen:
    seen = Seen(page)
    page.goto(url)
    settle(page)
    return seen


#: Whether the script runs no more and nothing on the page has changed for a while. A click is answered only after its
#: way to the server and back; until then the page says that nothing runs.
_AT_REST = """asked => {
    const app = document.querySelector('[data-testid="stApp"]');
    if (!window.changes) {
        window.changes = new MutationObserver(() => { window.changed = performance.now(); });
        window.changes.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
    }
    if (window.asked !== asked) {
        window.asked = asked;
        window.changed = performance.now();
    }
    return app?.dataset.testScriptState === "notRunning" && performance.now() - window.changed > 200;
}"""
_ASKED = itertools.count(1)


def come_to_rest(page: Page) -> None:
    """Waits until the script has run to its end and the page stands still."""
    page.wait_for_function(_AT_REST, arg=next(_ASKED), timeout=SLOW)


def settle(page: Page) -> None:
    """Waits until the button is there and the page is at rest."""
    page.get_by_role("button", name="Generate").first.wait_for()  # more can be generated after a run, by another one
    come_to_rest(page)


def box_of(element: Locator) -> dict[str, float]:
    """Where an element stands once it does: x, y, width and height in pixels of the window."""
    expect(element).to_be_visible()
    come_to_rest(element.page)
    box = element.bounding_box()
    assert box is not None
    return {"x": box["x"], "y": box["y"], "width": box["width"], "height": box["height"]}


def download(page: Page, name: str) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(waiting.value.path())


def hidden_to_the_right(page: Page) -> list[str]:
    """Elements that stick out of the window, but for those inside something that scrolls by itself."""
    return page.evaluate(
        """() => [...document.querySelectorAll('[data-testid="stMain"] *')].filter(e => {
            if (e.getBoundingClientRect().right <= innerWidth + 1) return false;
            for (let p = e.parentElement; p && p.dataset.testid !== "stMain"; p = p.parentElement)
                if (getComputedStyle(p).overflowX !== "visible") return false;
            return true;
        }).map(e => e.tagName + " " + (e.dataset.testid || e.className))"""
    )


def wait_until_drawn(page: Page) -> None:
    """Until the 3D view shows more than a plain background; the browser has the last word on what is drawn."""
    frame = page.locator("iframe").first
    for _ in range(240):
        if len(set(_colours(frame.screenshot()))) > 20:
            return
        page.wait_for_timeout(500)
    pytest.fail("the 3D view stayed blank")


def _colours(png: bytes) -> list[tuple[int, ...]]:
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB").resize((64, 64))
    return [image.getpixel((x, y)) for x in range(64) for y in range(64)]
