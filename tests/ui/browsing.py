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
    # Asked twenty times a second: with each frame, as is usual, the browser would draw for the question's sake.
    page.wait_for_function(_AT_REST, arg=next(_ASKED), timeout=SLOW, polling=50)


def settle(page: Page) -> None:
    """Waits until the button is there and the page is at rest."""
    page.get_by_role("button", name="Generate").first.wait_for()  # more can be generated after a run, by another one
    come_to_rest(page)


#: Of each text that is to be seen: its contrast with what lies behind it and its size in pixels. The value of a slider
#: stands above its thumb, not on it; what cannot be used need not be readable. A table is drawn as a picture: of it the
#: inks and fonts count with which it is drawn.
_TEXTS = """() => {
    const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const painted = new Map();
    const paint = (colour) => {
        if (!painted.has(colour)) painted.set(colour, paintAnew(colour));
        return [...painted.get(colour)];
    };
    const paintAnew = (colour) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map(i => top[i] * top[3] + below[i] * (1 - top[3]));
    const light = (colour) => {
        const [r, g, b] = colour.map(v => v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const found = [], words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = words.nextNode(); node; node = words.nextNode()) {
        const text = node.textContent.trim(), own = node.parentElement, range = document.createRange();
        range.selectNodeContents(node);
        if (!text || range.getBoundingClientRect().width < 2
            || !own.checkVisibility({opacityProperty: true, visibilityProperty: true})
            || own.closest('style, script, noscript, .katex-mathml, [disabled], [aria-disabled="true"]')) continue;
        const style = getComputedStyle(own), ink = paint(own.closest('svg') ? style.fill : style.color), layers = [];
        for (let each = own; each; each = each.parentElement) {
            ink[3] *= getComputedStyle(each).opacity;
            if (each.querySelector(':scope > [data-testid="stSliderThumbValue"]')) continue;
            layers.push(paint(getComputedStyle(each).backgroundColor));
            if (layers.at(-1)[3] === 1) break;
        }
        if (own.closest('svg')) ink[3] *= style.fillOpacity;
        if (ink[3] < 0.05) continue;
        const ground = layers.reduceRight((below, top) => over(top, below), [255, 255, 255]);
        const [dark, bright] = [light(over(ink, ground)), light(ground)].sort((a, b) => a - b);
        const exponent = Boolean(own.closest('.mtight .mtight'));
        found.push({text, contrast: (bright + 0.05) / (dark + 0.05), size: parseFloat(style.fontSize), exponent});
    }
    for (const table of document.querySelectorAll('.stDataFrameGlideDataEditor')) {
        if (!table.checkVisibility()) continue;
        const style = getComputedStyle(table), value = (name) => style.getPropertyValue(`--gdg-${name}`);
        for (const [text, ink, ground, font] of [['table', 'text-dark', 'bg-cell', 'base-font-style'],
                                                 ['heads', 'text-header', 'bg-header', 'header-font-style']]) {
            const below = over(paint(value(ground)), [255, 255, 255]);
            const [dark, bright] = [light(over(paint(value(ink)), below)), light(below)].sort((a, b) => a - b);
            const size = parseFloat(value(font).match(/([0-9.]+)px/)[1]) * table.currentCSSZoom;
            found.push({text, contrast: (bright + 0.05) / (dark + 0.05), size, exponent: false});
        }
    }
    return found;
}"""


def faint_texts(page: Page) -> list[str]:
    """Texts whose contrast with their ground is below 4.5 to 1 (WCAG 2, AA), once what was drawn anew has settled."""
    found: list[str] = []
    for _again in range(50):
        texts = page.evaluate(_TEXTS)
        found = [f"{one['text'][:40]}: {one['contrast']:.2f}" for one in texts if one["contrast"] < 4.5]
        if not found:
            break
        page.wait_for_timeout(100)
    return found


def small_texts(page: Page, least: float) -> list[str]:
    """Texts of fewer pixels, but for exponents of exponents."""
    found = [one for one in page.evaluate(_TEXTS) if one["size"] < least - 0.05 and not one["exponent"]]
    return [f"{one['text'][:40]}: {one['size']} px" for one in found]


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
