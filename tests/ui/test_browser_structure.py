"""The 3D viewer in a real browser: measuring, views along the axes, supercells, hiding, pictures, fingers."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from matgen_core.chem.molecules.drawing import embed
from matgen_core.core.records import Candidate
from pages.kinds.structure_view import cells_of, molecule_cell
from pages.widgets.found.structure_viewer import viewer_page
from tests.ui.conftest import still_context

#: Resolves when the page has stood still for ten frames: a wipe makes it run on.
_AT_REST = """() => new Promise(done => {
    let [at, frames] = [scrollY, 0];
    const look = () => {
        frames = scrollY === at ? frames + 1 : 0;
        at = scrollY;
        if (frames < 10) requestAnimationFrame(look); else done();
    };
    look();
})"""

#: Counts the pictures that are drawn, and says when the last one was.
_COUNT = """
    Object.assign(window, {drawn: 0, drawnAt: 0});
    const hand = OffscreenCanvas.prototype.transferToImageBitmap;
    OffscreenCanvas.prototype.transferToImageBitmap = function () {
        window.drawn += 1;
        window.drawnAt = performance.now();
        return hand.call(this);
    };
"""


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = still_context(browser, viewport={"width": 600, "height": 460})
    yield context
    context.close()


def open_viewer(context: BrowserContext, address: str, html: str) -> Page:
    """The viewer's page alone, at an address of the app, which has the script."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/app/static/3Dmol-min.js")
    page.set_content(html)
    page.wait_for_function("window.matgenViewer !== undefined")
    frames(page)
    page.errors = errors  # type: ignore[attr-defined]
    return page


def frames(page: Page) -> None:
    """Waits until what was asked for is drawn: it is drawn with the next frame."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def crystal_page(candidate: Candidate, theme: str = "light", code: str = "en") -> str:
    return viewer_page(json.dumps(cells_of(candidate.material)), "TiO2", theme, code)


def places(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("matgenViewer.places()")
    return found


def turn(page: Page) -> np.ndarray:
    """(3, 3) rotation of the picture: rows are right, up and towards the reader in the crystal's coordinates."""
    x, y, z, w = page.evaluate("matgenViewer.viewer.getView().slice(4, 8)")
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def nearest(page: Page, element: str) -> dict[str, Any]:
    """The atom of an element that nothing hides: the one nearest to the reader."""
    towards = turn(page)[2]
    return max((a for a in places(page) if a["label"].startswith(element)), key=lambda a: towards @ np.array(a["xyz"]))


def test_a_distance_and_an_angle_are_those_of_the_molecule(context: BrowserContext, address: str) -> None:
    shape = embed("O")
    assert shape is not None
    page = open_viewer(
        context, address, viewer_page(json.dumps({"molecule": molecule_cell(shape)}), "O", "light", "en")
    )
    oxygen, first, second = shape.positions
    shown = page.locator("#measure")
    expect(shown).to_contain_text("Click atoms")
    atoms = {atom["label"]: atom for atom in places(page)}
    page.mouse.click(atoms["H2"]["x"], atoms["H2"]["y"])
    expect(shown).to_have_text("H2")
    page.mouse.click(atoms["O1"]["x"], atoms["O1"]["y"])
    expect(shown).to_have_text(f"H2–O1 {np.linalg.norm(first - oxygen):.3f} Å")
    page.mouse.click(atoms["H3"]["x"], atoms["H3"]["y"])
    a, b = first - oxygen, second - oxygen
    angle = np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
    expect(shown).to_have_text(f"H2–O1–H3 {angle:.1f}°")
    page.get_by_role("button", name="Clear").click()
    expect(shown).to_contain_text("Click atoms")
    assert page.errors == []  # type: ignore[attr-defined]


def test_a_click_in_a_crystal_names_the_site_and_its_place(
    context: BrowserContext, address: str, found: tuple[Candidate, ...]
) -> None:
    page = open_viewer(context, address, crystal_page(found[0]))
    oxygen, titanium = nearest(page, "O"), nearest(page, "Ti")
    page.mouse.click(oxygen["x"], oxygen["y"])
    expect(page.locator("#measure")).to_contain_text(f"{oxygen['label']} (")
    page.mouse.click(titanium["x"], titanium["y"])
    far = np.linalg.norm(np.subtract(oxygen["xyz"], titanium["xyz"]))
    expect(page.locator("#measure")).to_have_text(f"{oxygen['label']}–{titanium['label']} {far:.3f} Å")


def test_views_look_along_the_axes_and_reset_comes_back(
    context: BrowserContext, address: str, found: tuple[Candidate, ...]
) -> None:
    page = open_viewer(context, address, crystal_page(found[2]))  # hexagonal: a and b are not at right angles
    begun = turn(page)
    matrix = np.array(cells_of(found[2].material)["conventional"]["matrix"])
    for name, axis in zip("abc", matrix, strict=True):
        page.get_by_role("button", name=f"View along {name}", exact=True).click()
        frames(page)
        assert turn(page) @ axis / np.linalg.norm(axis) == pytest.approx([0, 0, 1], abs=1e-5), name
    page.get_by_role("button", name="Reset the view").click()
    frames(page)
    assert turn(page) == pytest.approx(begun, abs=1e-5)


def test_a_supercell_keeps_the_turn_and_an_element_can_be_hidden(
    context: BrowserContext, address: str, found: tuple[Candidate, ...]
) -> None:
    page = open_viewer(context, address, crystal_page(found[1]))
    page.mouse.move(300, 200)
    page.mouse.down()
    page.mouse.move(360, 240, steps=3)
    page.mouse.up()
    frames(page)
    turned, atoms = turn(page), len(places(page))
    page.get_by_role("combobox", name="Supercell").select_option("2")
    frames(page)
    assert turn(page) == pytest.approx(turned, abs=1e-5)
    assert len(places(page)) > 3 * atoms
    page.get_by_role("button", name="Complete").click()
    page.get_by_role("combobox", name="Style").select_option("space")
    page.get_by_role("button", name="Labels").click()
    assert len(places(page)) == 125  # the places of a 5 x 5 x 5 grid, nothing beyond the cells
    page.get_by_role("button", name="Show or hide Cl").click()
    assert {atom["label"] for atom in places(page)} == {"Na1"}
    page.get_by_role("combobox", name="Cell", exact=True).select_option("primitive")
    frames(page)
    assert turn(page) == pytest.approx(turned, abs=1e-5)
    assert page.errors == []  # type: ignore[attr-defined]


def test_what_was_chosen_holds_for_the_next_structure(
    context: BrowserContext, address: str, found: tuple[Candidate, ...]
) -> None:
    page = open_viewer(context, address, crystal_page(found[0]))
    page.get_by_role("combobox", name="Style").select_option("wire")
    page.close()
    page = open_viewer(context, address, crystal_page(found[1]))
    page.evaluate("sessionStorage.getItem('matgen-structure-viewer')")
    expect(page.get_by_role("combobox", name="Style")).to_have_value("ball")  # another tab begins anew
    page.get_by_role("combobox", name="Style").select_option("wire")
    page.goto(f"{address}/app/static/3Dmol-min.js")
    page.set_content(crystal_page(found[0]))
    expect(page.get_by_role("combobox", name="Style")).to_have_value("wire")


def test_a_saved_picture_is_fit_for_print(context: BrowserContext, address: str, found: tuple[Candidate, ...]) -> None:
    page = open_viewer(context, address, crystal_page(found[0], "dark"))
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PNG").click()
    assert waiting.value.suggested_filename == "TiO2.png"
    picture = Image.open(io.BytesIO(Path(waiting.value.path()).read_bytes())).convert("RGB")
    assert picture.width == 2400
    assert picture.getpixel((3, 3)) == (255, 255, 255)
    assert len(set(picture.resize((64, 64)).getdata())) > 20


def test_it_is_drawn_once_and_once_more_for_another_size(
    context: BrowserContext, address: str, found: tuple[Candidate, ...]
) -> None:
    context.add_init_script(_COUNT)
    page = open_viewer(context, address, crystal_page(found[0]))
    page.wait_for_function("drawn === 1 && performance.now() - drawnAt > 500")
    page.set_viewport_size({"width": 500, "height": 400})
    page.wait_for_function("drawn === 2 && performance.now() - drawnAt > 500")


def test_one_finger_scrolls_the_page_until_it_is_told_to_turn(
    browser: Browser, address: str, found: tuple[Candidate, ...]
) -> None:
    context = still_context(browser, viewport={"width": 390, "height": 700}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{address}/app/static/3Dmol-min.js")
    page.set_content(
        "<meta name=viewport content='width=device-width'>"
        "<body style='margin:0;height:3000px'><iframe style='width:390px;height:460px;border:0'></iframe>"
    )
    page.evaluate("html => { document.querySelector('iframe').srcdoc = html; }", crystal_page(found[0]))
    frame = page.frames[1]
    frame.wait_for_function("window.matgenViewer !== undefined")
    seen = frame.evaluate("matgenViewer.viewer.getView()")
    session = context.new_cdp_session(page)

    def wipe(begin: int, end: int) -> None:
        """One finger from one height to another."""
        points = [{"x": 195, "y": y} for y in np.linspace(begin, end, 12)]
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
        for point in points[1:]:
            session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    wipe(300, 150)
    page.wait_for_function("scrollY > 50")
    page.evaluate(_AT_REST)
    assert frame.evaluate("matgenViewer.viewer.getView()") == seen
    page.evaluate("scrollTo(0, 0)")
    frame.get_by_role("button", name="Turn with one finger").click()
    wipe(300, 250)
    frame.wait_for_function("seen => String(matgenViewer.viewer.getView()) !== seen", arg=",".join(map(str, seen)))
    assert page.evaluate("scrollY") == 0
    context.close()
