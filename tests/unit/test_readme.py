"""The table of the chapter names files that are there, and leaves no page of the lessons and no section out."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def rows() -> list[list[str]]:
    text = (ROOT / "docs" / "chapter.md").read_text(encoding="utf-8").replace("](../", "](")
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_file_of_the_table_is_there_and_is_what_it_is_called() -> None:
    links = [link for row in rows() for cell in row[2:] for link in re.findall(r"\[([^]]+)\]\(([^)]+)\)", cell)]
    assert len(links) >= 2 * len(rows())
    for name, path in links:
        assert (ROOT / path).is_file(), path
        assert name == Path(path).name or path.startswith("pages/"), path
    assert all(row[2].count("matgen_core/") and row[3].count("pages/") for row in rows())


def test_every_section_and_every_lesson_is_in_the_table() -> None:
    sections = {row[0] for row in rows()}
    assert {"4.1", "4.2", "4.3", "4.4", "4.5", "4.6", "Exercises", "Transfer learning", "Pretraining"} <= sections
    shown = " ".join(row[3] for row in rows())
    for path in (ROOT / "pages" / "learn").glob("*.py"):
        assert f"pages/learn/{path.name}" in shown


def test_the_pages_have_the_titles_that_the_table_gives() -> None:
    frame = (ROOT / "app.py").read_text(encoding="utf-8")
    for name, path in {link for row in rows() for link in re.findall(r"\[([^]]+)\]\(([^)]+)\)", row[3])}:
        assert re.search(rf'"{re.escape(path)}", title=_\("{re.escape(name)}"\)', frame), path


def test_the_names_of_the_chapter_that_the_table_gives_are_in_their_files() -> None:
    from matgen_core.lessons.chapter.table import TABLE

    names = {entry.name for entry in TABLE}
    met = set()
    for row in rows():
        if own := names & set(re.findall(r"\w+", row[1])):
            files = re.findall(r"\(([^)]+)\)", row[2])
            text = " ".join((ROOT / f).read_text(encoding="utf-8") for f in files)
            assert all(re.search(rf"(?:class|def) {name}\b", text) for name in own), own
            met |= own
    assert met == names


def test_readme_is_short_and_leads_to_the_table() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200
    for path in re.findall(r"\]\(([^):]+)\)", text):
        assert (ROOT / path).exists(), path
    assert "docs/chapter.md" in text


def stations() -> dict[str, list[list[str]]]:
    """The stations of the lecture in each language: minutes and the names of page and demonstrations."""
    english, japanese = (ROOT / "docs" / "lecture.md").read_text(encoding="utf-8").split("## 日本語")
    rows = re.compile(r"^\| (\d+)[–〜](\d+) \| ([^|]+) \|", re.MULTILINE)
    return {
        lang: [[*m.group(1, 2), *re.split(r" → |、|, ", m[3])] for m in rows.finditer(text)]
        for lang, text in (("en", english), ("ja", japanese))
    }


def test_the_lecture_takes_ninety_minutes_over_demonstrations_that_there_are() -> None:
    from pages.i18n.language import translate
    from pages.lessons.path import PATH

    for lang, found in stations().items():
        assert [int(row[0]) for row in found] == [0, *(int(row[1]) for row in found[:-1])]
        assert int(found[-1][1]) == 90
        assert len(found) == 15
        for _begins, _ends, page, *lessons in found:
            (step,) = [step for step in PATH if translate(step.title, lang) == page]
            assert lessons
            names = {translate(name, lang) for name in step.lessons}
            assert {next((n for n in names if n.startswith(lesson)), lesson) for lesson in lessons} <= names
