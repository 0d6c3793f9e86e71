"""The picture of a crystal: nothing foreign in its HTML, the same HTML for the same crystal, bounded in size."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import streamlit as st

from matgen_core.chem.scene import build_scene
from matgen_core.core.records import Candidate
from pages.kinds.structure_view import (
    flat_svg,
    legend,
    script_address,
    supercells,
    viewer_html,
)


def test_the_page_asks_only_this_server_and_holds_numbers_and_symbols(found: tuple[Candidate, ...]) -> None:
    page = viewer_html(build_scene(found[0].material))
    assert "/app/static/3Dmol-min.js" in page
    assert not re.findall(r"https?://", page)
    assert page.count("addSphere") == len(build_scene(found[0].material).symbols)
    colours = set(re.findall(r'"color": "([^"]*)"', page))
    assert all(re.fullmatch(r"#[0-9a-f]{6}|gray", colour) for colour in colours)


def test_the_same_crystal_gives_the_same_page_so_that_the_camera_stays(found: tuple[Candidate, ...]) -> None:
    assert viewer_html(build_scene(found[1].material)) == viewer_html(build_scene(found[1].material))


def test_another_cell_of_the_same_atoms_is_another_page(found: tuple[Candidate, ...]) -> None:
    crystal = found[1].material
    assert viewer_html(build_scene(crystal)) != viewer_html(build_scene(crystal, primitive=True))


def test_the_flat_drawing_is_sound_and_has_every_atom(found: tuple[Candidate, ...]) -> None:
    scene = build_scene(found[2].material)
    drawing = ElementTree.fromstring(flat_svg(scene))
    tags = [e.tag.removeprefix("{http://www.w3.org/2000/svg}") for e in drawing.iter()]
    assert tags.count("circle") == len(scene.symbols)
    assert {e.text for e in drawing.iter() if e.tag.endswith("title")} == {"Zn", "O"}
    assert "script" not in tags


def test_the_legend_names_each_element_once(found: tuple[Candidate, ...]) -> None:
    text = re.sub(r"<[^>]+>", "", legend(build_scene(found[0].material)))
    assert sorted(re.findall(r"[A-Z][a-z]?", text)) == ["O", "Ti"]


@pytest.mark.parametrize("primitive", [True, False])
def test_supercells_stay_drawable(found: tuple[Candidate, ...], primitive: bool) -> None:
    for candidate in found:
        for repeats in supercells(candidate.material, primitive):
            assert len(build_scene(candidate.material, primitive, (repeats,) * 3).symbols) <= 2000


@pytest.mark.parametrize(
    ("base", "place"), [("", "/app/static"), ("lab/matgen", "/lab/matgen/app/static"), ("/lab/", "/lab/app/static")]
)
def test_below_a_path_the_script_is_asked_for_there(base: str, place: str) -> None:
    kept = st.get_option("server.baseUrlPath")
    st.config.set_option("server.baseUrlPath", base)
    try:
        assert script_address() == f"{place}/3Dmol-min.js"
    finally:
        st.config.set_option("server.baseUrlPath", kept)
