"""A sentence for the reader: a template and its values, so that a page can translate the template.

    Message("{formula} is not a formula; write one such as Fe3O4", formula="'Xy'")

A message is a string, the English sentence, wherever a string is needed: in a terminal, a CSV, a log. A page finds its
template in the catalogue of the reader's language and fills in the values, which may be messages themselves.
``tools/update_catalogue.py`` collects the templates from the source.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

#: Key of a user's words in a record.
_VERBATIM = "verbatim"


class Message(str):
    """An English sentence that keeps its template and its values.

    >>> said = Message("{count} atoms; at most {most}", count=500, most=200)
    >>> said, said.template, said.values["most"]
    ('500 atoms; at most 200', '{count} atoms; at most {most}', 200)

    Args:
        template: as ``str.format`` takes it; taken as it stands where there are no values.
        values: by the names of the template. An error stands for its own message.
    """

    template: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, /, **values: Any) -> Message:
        """The sentence."""
        values = {name: getattr(value, "message", value) for name, value in values.items()}
        made = super().__new__(cls, template.format(**values) if values else template)
        made.template, made.values = template, values
        return made

    def __str__(self) -> str:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.template, dict(self.values))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> Any:
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(cls)


#: A field that holds a sentence.
Text = str | Message


class Verbatim(str):
    """A user's words, such as the name of a column: no page translates them, also where the catalogue has the word."""

    def __str__(self) -> str:
        return self


def join(parts: Iterable[str], mark: str = "; ") -> Message:
    """Sentences one after the other.

    >>> join(["no alert", Message("{count} atoms", count=3)])
    'no alert; 3 atoms'

    Args:
        parts: strings or messages; empty ones are left out.
        mark: between them.
    """
    named = {f"part{number}": part for number, part in enumerate(filter(None, parts))}
    return Message(mark.join(f"{{{name}}}" for name in named), **named)


def to_record(message: Message) -> dict[str, Any]:
    """Template and values as JSON takes them."""
    values = {
        name: value if isinstance(value, str | int | float | bool | None) else str(value)
        for name, value in message.values.items()
    }
    return {"template": message.template, "values": {name: _value_to_record(v) for name, v in values.items()}}


def _value_to_record(value: Any) -> Any:
    if isinstance(value, Message):
        return to_record(value)
    return {_VERBATIM: str(value)} if isinstance(value, Verbatim) else value


def _value_from_record(record: Any) -> Any:
    if not isinstance(record, dict):
        return record
    return Verbatim(record[_VERBATIM]) if set(record) == {_VERBATIM} else from_record(record)


def from_record(record: Mapping[str, Any]) -> Message:
    """What :func:`to_record` wrote.

    Raises:
        ValueError: where the values do not fit the template.
    """
    try:
        values = {name: _value_from_record(value) for name, value in record["values"].items()}
        return Message(record["template"], **values)
    except (AttributeError, LookupError) as error:
        raise ValueError(f"the values of a message do not fit its template ({error})") from None


def is_record(value: object) -> bool:
    """Whether it is what :func:`to_record` wrote."""
    return isinstance(value, dict) and set(value) == {"template", "values"}


def _made(template: str, values: Mapping[str, Any]) -> Message:
    return Message(template, **values)
