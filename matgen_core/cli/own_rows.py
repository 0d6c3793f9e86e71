"""Rows of a user's own property, read for a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from matgen_core.workflows.own_properties.training_examples import Examples

#: Rows that were left out and are named one by one; the others are counted.
_NAMED = 10


def read_own_rows(source: Path, column: str, text: str, kind: str, least: int | None = None) -> Examples:
    """The rows of a table with numbers to learn; says which were left out, and why.

    Args:
        source: the table.
        column: of the numbers.
        text: column of formulas or SMILES; empty where its name says it.
        kind: "formula" or "smiles"; empty where the column's name says it.
        least: usable rows that are needed; None for as many as a training needs.

    Raises:
        BadInput: for a table without these columns or usable rows.
    """
    from matgen_core.learning.examples import read_columns
    from matgen_core.workflows.own_properties.training_examples import LEAST, read_examples

    texts, values, kind = read_columns(source, column, text, kind)
    examples = read_examples(texts, values, kind, least=LEAST if least is None else least)
    for row, reason in examples.refused[:_NAMED]:
        typer.echo(f"row {row}: {reason}", err=True)
    if len(examples.refused) > _NAMED:
        typer.echo(f"… and {len(examples.refused) - _NAMED} more rows that were left out", err=True)
    return examples
