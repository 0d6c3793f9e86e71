"""From the text of a CIF to its data blocks: tags and their values, as the CIF 1.1 grammar says.

Text fields (between semicolons at the beginning of a line) are one value, whatever they hold: embedded reflections,
refinement instructions, another CIF. The same tag of older and newer dictionaries is one tag here: lower case, dots as
underscores (``_cell.length_a`` is ``_cell_length_a``).

Source: S. R. Hall, B. McMahon (eds.), International Tables for Crystallography vol. G, chapter 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from matgen_core.core.errors import BadInput, quote

_TOKEN = re.compile(
    r"""^;(?P<field>.*?)(?:\n;|(?P<open>\Z))
    | (?P<comment>\#[^\n]*)
    | '''(?P<triple>.*?)'''
    | '(?P<single>[^\n]*?)'(?=\s|\Z)
    | "(?P<double>[^\n]*?)"(?=\s|\Z)
    | (?P<bare>\S+)""",
    re.MULTILINE | re.DOTALL | re.VERBOSE,
)
#: What stands for "not known" and "does not apply".
MISSING = ("?", ".")


@dataclass(slots=True)
class Block:
    """One data block.

    Args:
        name: what follows ``data_``.
        values: tag to its values; one value for a tag outside a loop.
        uneven: tags of loops in which the values do not fill the last row.
    """

    name: str
    values: dict[str, list[str]] = field(default_factory=dict)
    uneven: set[str] = field(default_factory=set)

    def column(self, *tags: str) -> list[str]:
        """Values of the first of ``tags`` that is there; empty where none is.

        Raises:
            BadInput: where the loop that holds it is damaged.
        """
        tag = next((tag for tag in tags if tag in self.values), None)
        if tag is None:
            return []
        if tag in self.uneven:
            raise BadInput("the CIF cannot be read: the loop of {tag} does not fill its last row; complete it", tag=tag)
        return self.values[tag]

    def text(self, *tags: str) -> str:
        """The first known value of ``tags``, as it is written; "" where there is none."""
        known = (self.values[tag][0].strip() for tag in tags if self.values.get(tag))
        return next((value for value in known if value and value not in MISSING), "")

    def number(self, *tags: str) -> float | None:
        """The same as a number, its standard uncertainty left out; None where there is none.

        Raises:
            BadInput: where it is not a number.
        """
        text = self.text(*tags)
        return number_of(text)[0] if text else None


def number_of(text: str) -> tuple[float, float]:
    """Value and standard uncertainty (0 where not given) of a number as CIFs write it.

    >>> number_of("8.3941(7)"), number_of("90.")
    ((8.3941, 0.0007), (90.0, 0.0))

    Raises:
        BadInput: where it is not a number.
    """
    found = re.fullmatch(r"([+-]?(?:\d+\.?(\d*)|\.(\d+)))(?:[eE]([+-]?\d{1,3}))?(?:\((\d*)\))?", text.strip())
    if found is None:
        raise BadInput("the CIF cannot be read: {text} is not a number", text=quote(text))
    value, digits = float(found[1] + (f"e{found[4]}" if found[4] else "")), found[2] or found[3] or ""
    return value, float(f"{int(found[5])}e-{len(digits)}") if found[5] else 0.0


def read_blocks(text: str) -> list[Block]:
    """The data blocks of a CIF in their order, those of one name too.

    Raises:
        BadInput: where the text is no CIF.
    """
    blocks: list[Block] = []
    tag, in_loop = "", False
    loop: list[str] = []
    values: list[str] = []

    def close() -> None:
        if in_loop and blocks:
            _add_loop(blocks[-1], loop, values)

    for word, bare in _words(text.replace("\r\n", "\n").replace("\r", "\n")):
        low = word[:5].lower() if bare else ""
        if low == "data_":
            close()
            blocks.append(Block(word[5:]))
            tag, in_loop = "", False
        elif not blocks:
            continue  # what stands before the first block belongs to none
        elif low == "loop_" and len(word) == 5:
            close()
            tag, in_loop, loop, values = "", True, [], []
        elif low == "save_":
            raise BadInput("the CIF cannot be read: it is a dictionary (save_ frames), not a structure")
        elif bare and word.startswith("_"):
            name = word.lower().replace(".", "_")
            if in_loop and not values:
                loop.append(name)
            else:
                close()
                tag, in_loop = name, False
                blocks[-1].values[name] = []
        elif in_loop:
            values.append(word)
        elif tag:  # a value that lacks its quotes, as in _symmetry_space_group_name_H-M P 21/c, is still one value
            blocks[-1].values[tag] = [" ".join([*blocks[-1].values[tag], word])]
    close()
    if not blocks:
        raise BadInput("the CIF cannot be read: it has no data_ block")
    return blocks


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Values and keywords, and whether the word stood without quotes (only then is it a keyword)."""
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "comment":
            continue
        if kind == "open":
            line = text.count("\n", 0, found.start()) + 1
            raise BadInput(
                "the CIF cannot be read: the text field that begins in line {line} has no end (;)", line=line
            )
        yield found[str(kind)], kind == "bare"


def _add_loop(block: Block, tags: list[str], values: list[str]) -> None:
    if not tags:
        raise BadInput("the CIF cannot be read: a loop_ without tags")
    width = len(tags)
    if width == 1 and tags[0].endswith("_xyz"):
        values = _join_operations(values)
    for i, tag in enumerate(tags):
        block.values[tag] = values[i::width]
    if len(values) % width:
        block.uneven.update(tags)


def _join_operations(words: list[str]) -> list[str]:
    """Operations written without quotes fall into words: "x, y, z" is one of them."""
    if all(word.count(",") >= 2 for word in words):
        return words
    joined: list[str] = []
    for word in words:
        if joined and (joined[-1].count(",") < 2 or joined[-1].endswith(",")):
            joined[-1] += word
        else:
            joined.append(word)
    return joined
