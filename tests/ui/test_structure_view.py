"""The viewer's page: nothing foreign in its HTML, the same HTML for the same crystal, bounded in size."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
import streamlit as st

from matgen_core.chem.crystals.flat_drawing import draw_flat
from matgen_core.chem.crystals.scene import build_scene
from matgen_core.chem.crystals.structure import to_structure
from matgen_core.chem.molecules.drawing import embed
from matgen_core.core.records import Candidate
from pages.kinds.structure_view import cells_of, legend, molecule_cell, supercells
from pages.widgets.found.structure_viewer import in_script, script_address, viewer_page


def page_of(candidate: Candidate, theme: str = "light") -> str:
    return viewer_page(json.dumps(cells_of(candidate.material)), "TiO2", theme, "en")


def test_the_page_asks_only_this_server_and_holds_numbers_and_symbols(found: tuple[Candidate, ...]) -> None:
    page = page_of(found[0])
    assert "/app/static/3Dmol-min.js" in page
    assert not re.findall(r"https?://", page)
    colours = set(re.findall(r'"colour":"([^"]*)"', page))
    assert len(colours) == 2
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in colours)
    assert page.count("</script>") == 1


def test_no_text_can_end_the_script() -> None:
    assert "</script>" not in in_script({"name": "</script><img src=x>"})
    assert json.loads(in_script({"name": "</script>"})) == {"name": "</script>"}


def test_the_same_crystal_gives_the_same_page_so_that_the_camera_stays(found: tuple[Candidate, ...]) -> None:
    assert page_of(found[1]) == page_of(found[1])
    assert page_of(found[1]) != page_of(found[1], "dark")


def test_the_primitive_cell_is_there_where_it_is_another(found: tuple[Candidate, ...]) -> None:
    assert set(cells_of(found[0].material)) == {"conventional"}
    rock_salt = cells_of(found[1].material)
    assert {name: len(cell["atoms"]) for name, cell in rock_salt.items()} == {"conventional": 8, "primitive": 2}


def test_a_molecule_keeps_its_atoms_and_the_order_of_its_bonds() -> None:
    shape = embed("C=O")
    assert shape is not None
    cell = molecule_cell(shape)
    assert [atom["label"] for atom in cell["atoms"]] == ["C1", "O2", "H3", "H4"]
    assert [0, 1, 2.0] in cell["bonds"]
    assert "#" in viewer_page(json.dumps({"molecule": cell}), "formaldehyde", "dark", "en")


def test_the_flat_drawing_is_sound_and_has_every_atom(found: tuple[Candidate, ...]) -> None:
    scene = build_scene(found[2].material)
    drawing = ElementTree.fromstring(draw_flat(scene))
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
        for repeats in supercells(len(to_structure(candidate.material, primitive=primitive))):
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
