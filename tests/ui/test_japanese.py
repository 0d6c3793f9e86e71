"""The whole app in Japanese: sentences of the package are recognised, and no page shows an English one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

from matgen_core.chem.crystals.prototypes import known_as, prototype_names
from matgen_core.chem.formulas.composition import check_charges, parse_elements
from matgen_core.chem.formulas.constraints import check_constraints
from matgen_core.chem.formulas.hazards import check_hazards
from matgen_core.chem.formulas.oxidation import check_oxidation
from matgen_core.chem.molecules.alerts import check_forbidden
from matgen_core.chem.molecules.molecule import outside_domain, parse, read, read_pattern
from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Constraints, Goal, Target, outside_data, parse_goal
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Candidate, Formula, Origin, Prediction
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.crystals.judge import check_goals
from matgen_core.kinds.molecules.conditions import check_molecules
from matgen_core.learning.checkpoints import FOLDER
from matgen_core.lessons.exercises import read_condition
from matgen_core.workflows.own_properties.training_examples import read_examples
from matgen_core.workflows.predict_table import read_rows
from pages.i18n.language import FORMER, entries, translate
from pages.lessons.path import PATH
from tests.ui.browsing import come_to_rest
from tests.ui.conftest import Served, still_context
from tests.ui.test_outside import watch, watch_console

ROOT = Path(__file__).parents[2]
NAMES = sorted(
    str(path.relative_to(ROOT / "pages"))
    for section in ("design", "explore", "learn")
    for path in (ROOT / "pages" / section).glob("*.py")
)
#: Each page with each demonstration of its lessons; one is computed at a time.
SHOWN = [(name, "") for name in NAMES if not name.startswith("learn/")]
SHOWN += [(step.script.removeprefix("pages/"), lesson) for step in PATH for lesson in step.lessons]
KANA = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
#: What stays in Latin letters: names, units, formulas, SMILES, code, commands, references, Streamlit's own words.
ALLOWED = re.compile(
    r"`[^`]*`|\$[^$]*\$|https?://\S+|<[^>]*>|matgen [a-z]+ [\w./<>:-]+|matgen viewer|pip install \S+|python tools/\S+"
    r"|\{[^{}]*\}|\"[a-z_]+\"|et al\.|Front\. Pharmacol\.|APL Mater\.|(?:lambda|torch|model)[ .][\w.:()… ]+"
    r"|(?:symmetry-first|latent-diffusion|dpm-solver|ddpm|ddim|smiles-[a-z]+|crystal-[a-z]+|band-gap)"
    r"|mat(?:gen|bert|gpt)(?:-[a-z]+)?"
    r"|eV/atom|µB/atom|g/mol|log mol/L|full fine-tuning|query|value|condition =|English|MatGen|MatBERT\w*"
    r"|RDKit のメッセージ: '.*?'(?=$|[（）])"  # another program's own words, quoted
    r"|[a-z]+_[a-z_]+|(?:10)?\.\d{4,}/\S+|Choose an option"
)


def english(text: str) -> bool:
    """Whether a text holds an English sentence: two words in a row, or a word where nothing is Japanese."""
    rest = ALLOWED.sub(" ", text)
    if re.search(r"(?<![\w.-])[A-Za-z][a-z]+,? [a-z]{2,}(?![\w-])", rest):
        return True
    return (
        not KANA.search(rest)
        and re.search(r"(?<![\w()=#+-])(?:[A-Z][a-z]{3,}|[a-z]{4,})(?![\w()=#+-])", rest) is not None
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("No candidate passes", True),
        ("Seed", True),
        ("候補が見つかりません", False),
        ("候補: no prediction", True),
        ("CC(=O)Nc1ccc(O)cc1", False),
        ("NaCl · Fm-3m", False),
        ("作るには: matgen train matbert-atoms", False),
        ("バンドギャップ (eV)", False),
        ("dpm-solver", False),
        ("RDKit のメッセージ: 'ring closure 1'", False),
        ("RDKit のメッセージ: 'ring' and more", True),
        ("RDKit のメッセージ: syntax error", True),
    ],
)
def test_an_english_sentence_is_told(text: str, wrong: bool) -> None:
    assert english(text) is wrong


# ------------------------------------------------------------------------------------------- sentences of the package


def refusals() -> Iterator[tuple[str, Callable[[], object]]]:
    yield "element", lambda: parse_elements("Xx", ("Fe", "O"))
    yield "both", lambda: check_constraints(Constraints(include=frozenset({"Fe"}), exclude=frozenset({"Fe"})))
    yield "atoms", lambda: check_constraints(Constraints(min_atoms=9, max_atoms=3))
    yield "formula", lambda: check_constraints(Constraints(formula="<b>"))
    yield (
        "system",
        lambda: check_constraints(Constraints(include=frozenset({"Na"}), chemical_system=frozenset({"Fe", "O"}))),
    )
    yield "molecule", lambda: read("C(", "scaffold")
    yield "valence", lambda: read("CC(C)(C)(C)C", "scaffold")
    yield "ring", lambda: read("c1cccc1", "scaffold")
    yield "salt", lambda: read("CC(=O)[O-].[Na+]", "scaffold")
    yield "empty", lambda: read("", "scaffold")
    yield "pattern", lambda: read_pattern("[", "required SMARTS")
    yield "condition", lambda: read_condition("nonsense")
    yield "goal", lambda: read_condition('{"gap": 1}')
    yield "range", lambda: parse_goal("band_gap", "3:1:2")
    yield "reversed", lambda: Goal(3.0, 1.0)
    yield "top-p", lambda: check_molecules(Target(), 5, MoleculeSettings(top_p=0.0))
    yield "count", lambda: check_molecules(Target(), -5, MoleculeSettings())
    yield "few", lambda: read_examples(["NaCl", "x"], ["1", "y"], "formula")


@pytest.mark.parametrize(("name", "refused"), list(refusals()), ids=[name for name, _ in refusals()])
def test_refusals_are_said_in_japanese(name: str, refused: Callable[[], object]) -> None:
    with pytest.raises(MatGenError) as caught:
        refused()
    said = translate(caught.value.message, "ja")
    assert KANA.search(said)
    assert not english(said), said


def test_the_words_of_rdkit_are_quoted_as_they_are_within_a_japanese_sentence() -> None:
    for text in ("C(", "CC(C)(C)(C)C", "c1cccc1"):
        with pytest.raises(MatGenError) as caught:
            read(text, "scaffold")
        (own,) = re.findall(r"RDKit says: ('.*')", str(caught.value))
        said = translate(caught.value.message, "ja")
        assert own in said
        assert not english(said.replace(own, "")), said


def reasons() -> list[str]:
    molecule = parse("C[Ge](C)(C)C")
    benzene = parse("c1ccccc1")
    assert molecule is not None
    assert benzene is not None
    verdicts = [
        *(check_oxidation(f) for f in ("Na3Cl", "Cu3Au", "NaCl", "FeS2", "LaFeP2O7", "Si", "LiNaKFeMnCoNiVCrCuZnO99")),
        check_charges("NaCl"),
        check_charges("NaCl3"),
        check_hazards(["Pb", "Cr", "U"]),
        check_hazards(["Na"]),
        check_forbidden(benzene, benzene, "c1ccccc1"),
    ]
    found = [v.reason for v in verdicts]
    found += [outside_domain(molecule) or "", outside_data("band_gap", Goal.at_least(40.0)) or ""]
    found += [row for row in read_rows("formula", ["Xx"]) if isinstance(row, str)]
    gap = {"band_gap": Prediction("band_gap", 2.1, 0.1, "eV", "test")}
    read = [Candidate("a", Formula("NaCl"), Origin("test"), predictions) for predictions in (gap, {})]
    goals = (Goal.at(3.0), Goal(1.0, 3.0), Goal.at_least(3.0), Goal.at_most(1.0))
    target = (Target({"band_gap": goal}) for goal in goals)
    return [*found, *(check_goals(one, asked)[0].reason for asked in target for one in read)]


def test_reasons_of_verdicts_are_said_in_japanese() -> None:
    for reason in reasons():
        said = translate(reason, "ja")
        assert said != reason
        assert not english(said), said


def test_neighbours_are_counted_each_about_its_own_centre() -> None:
    around = [
        Message("{count} {other} around {centre}", count=count, other=other, centre=centre)
        for count, other, centre in ((6, "Se", "Sm"), (3, "K", "Se"))
    ]
    assert translate(join(around), "ja") == "Sm の周りに Se が 6 個。Se の周りに K が 3 個"


def test_values_are_kept_and_a_strange_text_is_left_alone() -> None:
    with pytest.raises(MatGenError) as caught:
        check_constraints(Constraints(formula="Fe{0}3"))
    assert "'Fe{0}3'" in translate(caught.value.message, "ja")
    assert translate("quite another thing", "ja") == "quite another thing"


# --------------------------------------------------------------------------------------------------------- the pages

_SHOWN = {"label", "body", "help", "placeholder", "options", "alt", "text", "caption"}
#: What a figure shows: words at points and axes, in the legend, under the pointer.
_DRAWN = {"text", "name", "title", "ticktext", "hovertext", "hovertemplate", "x", "y", "labels"}
#: Demonstrations with elements of their own script, whose words the browser alone knows.
_SCRIPTED = ("In motion", "3 Application")


def texts(page: AppTest) -> list[str]:
    """Every string of a page that a reader meets, code aside."""
    found: list[str] = []

    def collect(node: Any, shown: set[str], key: str = "") -> None:
        if isinstance(node, dict):
            for name, value in node.items():
                if name != "template":
                    collect(value, shown, name)
        elif isinstance(node, list):
            for value in node:
                collect(value, shown, key)
        elif isinstance(node, str) and key in shown:
            found.append(node)

    for element in page.main:
        proto = getattr(element, "proto", None)
        if proto is None or getattr(element, "type", "") in ("code", "latex"):
            continue
        fields = MessageToDict(proto)
        collect(fields, _SHOWN)
        if getattr(element, "type", "") == "plotly_chart":
            collect(json.loads(fields["spec"]), _DRAWN)
        if getattr(element, "type", "") == "arrow_data_frame":
            found += [str(column) for column in element.value.columns]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(("name", "lesson"), SHOWN)
def test_no_page_shows_an_english_sentence(name: str, lesson: str) -> None:
    page = AppTest.from_file(str(ROOT / "pages" / name), default_timeout=300)
    page.query_params["lang"] = "ja"
    if lesson:
        page.query_params["lesson"] = lesson
    page.run()
    assert not page.exception
    cards = " ".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*/README.md"))
    names = {known_as(name) for name in prototype_names()}  # as the library of prototypes has them
    shown = [text for text in texts(page) if text.strip() and text.strip()[:60] not in cards and text not in names]
    assert any(KANA.search(text) for text in shown)
    assert [text for text in shown if english(text) and not re.search(r"doi:|\(\d{4}\)", text)] == []


_WORDS = """() => {
    const found = [], walker = document.createTreeWalker(document.querySelector('[data-testid=stMain]'), 4);
    const apart = 'code, pre, .katex, script, style, .st-key-card, .stTooltipIcon';
    while (walker.nextNode()) {
        const node = walker.currentNode;
        if (node.parentElement.closest(apart) || !node.data.trim()) continue;
        if (node.parentElement.closest('[data-testid=stIconMaterial], [translate=no], text.nums')) continue;
        found.push(node.data.trim());
    }
    for (const name of ['alt', 'placeholder', 'aria-label', 'data-title'])
        for (const e of document.querySelectorAll(`[data-testid=stMain] [${name}]`)) found.push(e.getAttribute(name));
    return found;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = still_context(browser, locale="ja-JP")
    page = context.new_page()
    page.set_default_timeout(240_000)
    yield page
    context.close()


def settle(page: Page) -> None:
    page.locator('[data-testid="stMain"] h1').first.wait_for()
    come_to_rest(page)


#: What the app says where a page fails.
_FAILED = "Sorry, something went wrong on this page. Reload it; the server's log says what happened."


def test_every_page_is_japanese_in_a_browser_without_a_network_and_without_an_error(page: Page, served: Served) -> None:
    outside, errors, wrong, address = watch(page), watch_console(page), dict[str, list[str]](), served.url
    page.goto(address)  # its browser speaks Japanese, and the link says nothing
    settle(page)
    for name in NAMES:
        if name != "explore/home.py":
            page.goto(f"{address}/{Path(name).stem}?lang=ja")
            settle(page)
        page.wait_for_function("document.documentElement.lang === 'ja'")  # then Streamlit's own words are, too
        # What Streamlit itself draws of a demonstration is read without a browser, figures too.
        scripted = {translate(lesson, "ja") for lesson in _SCRIPTED}
        for tab in page.get_by_role("tab").all():
            if not name.startswith("learn/") or tab.inner_text().strip() in scripted:
                tab.click()
                settle(page)
        latin = re.compile(r"doi|\(\d{4}\)|^[a-z_]+([./]\w+)*$")  # references and names of the code
        found = [t for t in page.evaluate(_WORDS) if english(t) and not latin.search(t)]
        if found:
            wrong[name] = list(dict.fromkeys(found))
        assert page.locator("[data-testid=stMain] img:not([alt])").count() == 0, name
        assert page.get_by_text(translate(_FAILED, "ja")).count() == 0, name
        assert page.get_by_test_id("stException").count() == 0, name
    assert wrong == {}
    assert outside == []
    assert errors == []
    assert served.outside.read_text() == ""


def test_streamlits_own_words_are_japanese_and_english_again_after_a_switch(page: Page, address: str) -> None:
    """Fields for files, lists, tables: what is read on them and what a screen reader says."""
    page.goto(f"{address}/predictions?lang=ja")
    settle(page)
    page.get_by_role("tab", name="アップロード").click()
    field = page.locator("[data-testid=stFileUploader]").first
    expect(field.locator("button")).to_contain_text("アップロード")
    expect(field.locator("input")).to_have_attribute("aria-label", "ファイルのアップロード")
    expect(field).to_contain_text("1 ファイル 20MB まで")
    field.locator("input[type=file]").set_input_files(
        {"name": "a.csv", "mimeType": "text/csv", "buffer": b"formula\nNaCl\n"}
    )
    expect(field.get_by_role("button", name="a.csv を外す")).to_be_visible()
    page.get_by_role("tab", name="貼り付け").click()
    table = page.locator("[data-testid=stDataFrame]").first
    table.hover()
    expect(page.get_by_role("button", name="CSV をダウンロード").first).to_be_visible()
    page.get_by_role("radio", name="English").click()
    settle(page)
    page.get_by_role("tab", name="Upload").click()
    expect(page.get_by_role("button", name="Remove a.csv")).to_be_visible()
    page.get_by_role("button", name="Remove a.csv").click()
    expect(page.locator("[data-testid=stFileUploader]").first).to_contain_text("20MB per file")
    page.goto(f"{address}/crystals?lang=ja")
    settle(page)
    box = page.locator(".st-key-structure_type").get_by_role("combobox")
    box.click()
    box.fill("zzzz")
    expect(page.get_by_text("該当なし")).to_be_visible()


def test_a_link_means_the_same_in_both_languages_and_a_switch_keeps_the_settings(page: Page, address: str) -> None:
    chosen = page.locator('.st-key-logp_ask [aria-checked="true"]')
    page.goto(f"{address}/molecules?logp_ask=value&logp_value=2.5&lang=ja")
    settle(page)
    expect(chosen).to_have_text("値")
    expect(page.locator(".st-key-logp_value input")).to_have_value("2.50")
    page.get_by_role("radio", name="English").click()
    expect(chosen).to_have_text("value")
    expect(page.locator(".st-key-logp_value input")).to_have_value("2.50")
    settle(page)
    page.get_by_role("radio", name="日本語").click()
    expect(chosen).to_have_text("値")
    page.wait_for_url("**/*lang=ja*")


def test_a_switch_says_what_is_chosen_in_select_boxes_in_the_other_language(page: Page, address: str) -> None:
    page.goto(f"{address}/crystals?crystal_system=cubic&lang=en")
    settle(page)
    expect(page.get_by_role("dialog")).to_have_count(0)
    box = page.locator(".st-key-crystal_system").get_by_role("combobox")
    for language, word in (("日本語", "立方晶系"), ("English", "cubic"), ("日本語", "立方晶系")):
        settle(page)
        expect(page.get_by_role("radio", name=language)).to_have_count(1)
        page.get_by_role("radio", name=language).click()
        settle(page)
        expect(box).to_have_value(word)
        expect(page.locator(".st-key-go-why")).to_have_count(0)


def test_a_former_sentence_has_one_of_today_with_its_placeholders_and_a_translation() -> None:
    known = {message.id for message in entries("ja")}
    for former, now in FORMER.items():
        assert _names(former) == _names(now), former
        assert now in known, f"{now} is not said any more: name what is said instead, or drop it"
        assert former not in known, f"{former} is still said"
    old = Message("{read}, asked for at least {low:g}{unit}", read="1 eV", low=2.0, unit=" eV")
    assert translate(old, "ja") == "1 eV（目標 2 eV 以上）"


def _names(template: str) -> set[str]:
    return set(re.findall(r"\{[^{}]*\}", template))
