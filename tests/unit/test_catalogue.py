"""Every string of the app is in every catalogue, whole, and nothing else is; the tool notices each fault."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
LANGUAGES = [path.stem for path in sorted((ROOT / "assets" / "locale").glob("*.po"))]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("update_catalogue", ROOT / "tools" / "update_catalogue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def collected(tool: ModuleType) -> dict[object, object]:
    """Every string of the app, read from its source once."""
    found: dict[object, object] = tool.collect()
    return found


def test_japanese_is_among_them() -> None:
    assert "ja" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_every_string_and_no_other(tool: ModuleType, language: str) -> None:
    assert tool.problems(language) == [], "run: python tools/update_catalogue.py, and translate what is empty"


def test_japanese_is_japanese(tool: ModuleType) -> None:
    """A long text without a kana or kanji was copied, not translated."""
    same = [
        text
        for (_context, text), forms in tool.entries("ja").items()
        if isinstance(text, str) and len(text) > 30 and not any("\u3040" <= c <= "\u9fff" for c in forms[0])
    ]
    assert same == []


#: Words that had another name beside them, by what is written in their place: one thing has one name.
ENGLISH = {
    r"\bshipped\b": "included",
    r"\bgoals?\b(?!\})": "target",
    r"\b(?:ones?|strings?|candidates?|rows?|crystals?) a (?:row|step|candidate|crystal|setting)\b": "per",
    r"\breadings?\b": "prediction",
    r"\b(?:is|are) no (?:formula|molecule|condition|file)\b": "is not a",
    r"\b(?:Kept|kept) as\b": "saved as",
}
JAPANESE = {
    "予測器": "予測モデル",
    "生成器": "生成モデル",
    "訓練": "学習",
    "(?<!薬)物性": "特性",
    "付属": "同梱",
    "計算機での": "コンピューターでの",
    "潜在表現": "潜在ベクトル",
    "生成エネルギー": "形成エネルギー",
    "適用範囲外": "学習範囲外",
    "的中率": "達成率",
    "[一二三四]つ": "1 つ",
    "～": "〜",
    "：": ": ",
    "ビューア(?!ー)": "ビューアー",
    "メモリ(?!ー)": "メモリー",
    "[ぁ-んァ-ヶ一-龥] ?\\([^)]*[ぁ-ん]": "（）",
}


@pytest.mark.parametrize(("words", "part"), [(ENGLISH, 0), (JAPANESE, 1)], ids=["English", "Japanese"])
def test_one_thing_has_one_name(tool: ModuleType, words: dict[str, str], part: int) -> None:
    found = []
    for (_context, message), forms in tool.entries("ja").items():
        for text in forms if part else [message] if isinstance(message, str) else message:
            found += [f"{text[:80]!r}: write {name}" for word, name in words.items() if re.search(word, text)]
    assert found == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda wanted, known: wanted.update({(None, "A new sentence"): ["pages/x.py"]}), "not translated"),
        (lambda wanted, known: wanted.pop((None, "Notes to the chapter")), "no longer used"),
        (lambda wanted, known: known.update({(None, "Step {n}"): ["ステップ {m}"]}), "other placeholders"),
        (
            lambda wanted, known: known.update({(None, "{n:,}"): [""]}) or wanted.update({(None, "{n:,}"): ["x"]}),
            "not tr",
        ),
    ],
)
def test_each_fault_is_noticed(
    tool: ModuleType, collected: dict[object, object], monkeypatch: pytest.MonkeyPatch, change: object, words: str
) -> None:
    wanted, known = dict(collected), tool.entries("ja")
    assert callable(change)
    change(wanted, known)
    monkeypatch.setattr(tool, "collect", lambda: wanted)
    monkeypatch.setattr(tool, "sources", list)  # their f-strings are another fault, looked for above
    monkeypatch.setattr(tool, "entries", lambda _language: known)
    found = tool.problems("ja")
    assert len(found) == 1
    assert found[0].startswith(words)


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('st.title(_("One"))\nNAMES = {"a": N_("Two")}\n_(text)', {"One", "Two"}),
        ('ngettext("{n} row", "{n} rows", n)', {("{n} row", "{n} rows")}),
        ("st.markdown(f\"**{_('Within an f-string')}**\")", {"Within an f-string"}),
        ('raise BadInput("{x!r} is no molecule", x=x)', {"{x!r} is no molecule"}),
        ('Verdict("x", True, "has it" if a else Message("lacks {b}", b=b))', {"has it", "lacks {b}"}),
        ('raise BadInput("write {a: 1}")', {"write {a: 1}"}),
        ("raise BadInput(text)", set()),
    ],
)
def test_strings_are_found_where_they_stand(tool: ModuleType, source: str, texts: set[object]) -> None:
    assert set(tool.extracted(source.encode())) == texts


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('raise BadInput(f"{x} is no molecule")', [1]),
        ('\nVerdict("x", True, "has it" if a else f"lacks {b}")', [2]),
        ('Verdict(f"target:{key}", True, Message("lacks {b}", b=b))', []),
        ('raise BadInput(f"{value:g}")', []),
    ],
)
def test_a_sentence_with_its_values_in_it_is_a_fault(tool: ModuleType, source: str, lines: list[int]) -> None:
    assert tool.unsplit(source) == lines
