"""Ten errands of a chemist, from the first page or a page of design to what is taken home, click by click.

Where a number of candidates is set it is small; what is looked at is that every step is there, and the result right.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pymatgen.core import Structure
from rdkit import Chem

from matgen_core.chem.formulas.hazards import RARE_EARTHS
from tests.ui.browsing import SLOW, Seen, come_to_rest, download, settle

#: Of crystals: few candidates, little relaxation.
SMALL = "count=2&drafts=8&skeletons=1&geometries=1&steps=5&relax=5&judge=false"


@pytest.fixture
def seen(page: Page) -> Seen:
    return Seen(page)


def open_crystals(page: Page, address: str, more: str = "") -> None:
    page.goto(f"{address}/crystals?{SMALL}{more}")
    settle(page)


def set_range(page: Page, key: str, low: str, high: str) -> None:
    page.locator(f".st-key-{key}_ask").get_by_role("radio", name="range").click()
    for end, value in (("low", low), ("high", high)):
        box = page.locator(f".st-key-{key}_{end} input")
        box.fill(value)
        box.press("Enter")
        settle(page)


def write(page: Page, key: str, text: str) -> None:
    box = page.locator(f".st-key-{key} input")
    box.fill(text)
    box.press("Enter")
    settle(page)


def structures(page: Page) -> list[Structure]:
    """The crystals of the run's zip."""
    archive = zipfile.ZipFile(io.BytesIO(download(page, "CIFs (zip)").read_bytes()))
    return [Structure.from_str(archive.read(name).decode(), fmt="cif") for name in archive.namelist()]


def wait_for_end(page: Page) -> None:
    """Until a run that was begun from a formula or a crystal has ended."""
    page.get_by_role("button", name="CIFs (zip)").wait_for()
    expect(page.get_by_role("button", name="Generate", exact=True).first).to_be_enabled(timeout=SLOW)
    settle(page)


def run(page: Page) -> list[Structure]:
    page.get_by_role("button", name="Generate", exact=True).first.click()
    page.get_by_role("button", name="More", exact=True).wait_for()  # it is there once the run has ended
    settle(page)
    found = structures(page)
    assert found
    return found


def elements(structure: Structure) -> set[str]:
    return {element.symbol for element in structure.composition.elements}


def clean(page: Page, seen: Seen) -> None:
    assert page.get_by_text("Traceback").count() == 0
    assert page.get_by_text("something went wrong").count() == 0
    assert seen.errors == []
    assert seen.outside == []


def test_a_transparent_oxide_by_one_click_on_the_first_page(page: Page, address: str, seen: Seen) -> None:
    page.goto(address)
    page.locator(".st-key-run-transparent").get_by_role("button", name="Run").click()
    page.get_by_role("button", name="More", exact=True).wait_for()
    settle(page)
    assert "/crystals" in page.url
    found = structures(page)
    assert found
    assert all("O" in elements(one) and not elements(one) & {"Pb", "Cd"} for one in found)
    clean(page, seen)


def test_a_magnet_without_rare_earths(page: Page, address: str, seen: Seen) -> None:
    open_crystals(page, address)
    set_range(page, "magnetic_moment", "1", "3")
    page.get_by_text("No rare earths").click()
    settle(page)
    expect(page.get_by_text("Known materials that meet this target")).to_be_visible()
    assert not any(elements(one) & RARE_EARTHS for one in run(page))
    clean(page, seen)


def test_a_lithium_sulphide_electrolyte_within_li_p_s(page: Page, address: str, seen: Seen) -> None:
    open_crystals(page, address, "&include=Li&include=S")
    write(page, "formula", "Li-P-S")
    page.get_by_text("Subsets of the chemical system, too").click()
    settle(page)
    assert all({"Li", "S"} <= elements(one) <= {"Li", "P", "S"} for one in run(page))
    clean(page, seen)


def test_an_abx3_with_iodine_and_without_lead(page: Page, address: str, seen: Seen) -> None:
    open_crystals(page, address)
    write(page, "formula", "ABI3")
    page.get_by_role("radio", name="exclude").click()
    settle(page)
    page.get_by_role("button", name="Lead", exact=True).click()
    expect(page.get_by_role("button", name="Lead (excluded)")).to_be_visible()
    settle(page)
    for one in run(page):
        assert sorted(one.composition.reduced_composition.values()) == [1, 1, 3]
        assert one.composition.reduced_composition["I"] == 3
        assert "Pb" not in elements(one)
    clean(page, seen)


def test_polymorphs_of_titania(page: Page, address: str, seen: Seen) -> None:
    open_crystals(page, address)
    page.get_by_text("From a formula or a crystal").click()
    write(page, "structures-of", "TiO2")
    write(page, "structures-count", "1")
    page.get_by_role("button", name="List structures").click()
    wait_for_end(page)
    found = structures(page)
    assert {one.composition.reduced_formula for one in found} == {"TiO2"}
    assert len({one.get_space_group_info()[1] for one in found}) >= 3
    clean(page, seen)


def test_a_variant_of_an_uploaded_cif(page: Page, address: str, seen: Seen, tmp_path: Path) -> None:
    rutile = Structure.from_spacegroup("P4_2/mnm", [[4.6, 0, 0], [0, 4.6, 0], [0, 0, 2.96]], ["Ti", "O"],
                                       [[0, 0, 0], [0.305, 0.305, 0]])  # fmt: skip
    file = tmp_path / "rutile.cif"
    rutile.to(str(file))
    open_crystals(page, address)
    page.get_by_text("From a formula or a crystal").click()
    write(page, "structures-count", "2")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Variants", exact=True).click()
    wait_for_end(page)
    for one in structures(page):
        assert sorted(one.composition.reduced_composition.values()) == [1, 2]
        assert one.composition.reduced_formula != "TiO2"
    clean(page, seen)


def test_lead_like_molecules_with_two_donors(page: Page, address: str, seen: Seen) -> None:
    page.goto(address)
    page.locator(".st-key-run-lead").get_by_role("button", name="Run").click()
    page.get_by_role("button", name="More", exact=True).wait_for()
    settle(page)
    page.get_by_text("on target", exact=True).click()
    settle(page)
    rows = list(csv.DictReader(io.StringIO(download(page, "CSV").read_text(encoding="utf-8-sig"))))
    assert rows
    for row in rows:
        assert float(row["donors"]) == 2
        assert 300 <= float(row["weight"]) <= 340
    clean(page, seen)


def test_a_scaffold_is_grown_where_it_is_marked(page: Page, address: str, seen: Seen) -> None:
    page.goto(f"{address}/molecules?molecules=12&cap=20")
    settle(page)
    page.get_by_text("Start from a molecule, scaffold or fragments").click()
    write(page, "scaffold", "c1ccncc1*")
    page.get_by_role("button", name="Generate", exact=True).first.click()
    page.get_by_role("button", name="More", exact=True).wait_for()
    settle(page)
    pattern = Chem.MolFromSmarts("c1ccncc1*")
    rows = list(csv.DictReader(io.StringIO(download(page, "CSV").read_text(encoding="utf-8-sig"))))
    assert len(rows) >= 6
    grown = [Chem.MolFromSmiles(row["smiles"]).HasSubstructMatch(pattern) for row in rows]
    assert sum(grown) >= len(grown) / 2
    clean(page, seen)


def test_a_table_of_500_rows_is_screened_with_its_names(page: Page, address: str, seen: Seen, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    rows = [f"compound {n},{'C' * (n % 25 + 1)}{'O' if n % 2 else 'N'}{'C' * (n // 50)}" for n in range(500)]
    file.write_text("name,smiles\n" + "\n".join(rows) + "\n", encoding="utf-8")
    page.goto(f"{address}/screening")
    page.get_by_text("Files", exact=True).click()
    page.locator("input[type=file]").set_input_files(file)
    screen = page.get_by_test_id("stMain").get_by_role("button", name="Screen", exact=True)
    expect(screen).to_be_enabled()
    screen.click()
    said = page.get_by_text(re.compile(r"\d+ of 500"))
    said.first.wait_for()
    page.locator(".st-key-go").get_by_role("button").wait_for()
    expect(screen).to_be_enabled()
    come_to_rest(page)
    text = download(page, "CSV").read_text(encoding="utf-8-sig")
    found = list(csv.DictReader(io.StringIO(text)))
    assert {row["name"] for row in found} == {row.split(",")[0] for row in rows}
    clean(page, seen)


def test_from_a_formula_to_vasp_input(page: Page, address: str, seen: Seen) -> None:
    open_crystals(page, address)
    page.get_by_text("From a formula or a crystal").click()
    write(page, "structures-of", "MgO")
    write(page, "structures-count", "1")
    page.get_by_role("button", name="List structures").click()
    wait_for_end(page)
    page.get_by_role("tab", name="CIF and files").click()
    archive = zipfile.ZipFile(io.BytesIO(download(page, "VASP input").read_bytes()))
    names = {Path(name).name for name in archive.namelist()}
    assert {"INCAR", "POSCAR", "KPOINTS"} <= names
    poscar = next(name for name in archive.namelist() if name.endswith("POSCAR"))
    assert Structure.from_str(archive.read(poscar).decode(), fmt="poscar").composition.reduced_formula == "MgO"
    clean(page, seen)
