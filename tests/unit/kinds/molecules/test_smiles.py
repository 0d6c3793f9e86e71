"""Strings go into tokens and back, and what does not fit is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from matgen_core.core.errors import BadInput
from matgen_core.kinds.molecules.smiles import (
    BOS,
    EOS,
    SYMBOLS,
    VOCABULARY,
    build_tokenizer,
    decode,
    encode,
    split,
)

MOLECULES = ("CC(=O)Nc1ccc(Br)cc1", "Clc1ccc2[nH]ccc2c1", "N#Cc1ccsc1", "O=C1CCC2(CC1)OCCO2")


@given(st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=60))
def test_any_string_of_symbols_comes_back(symbols: list[str]) -> None:
    text = "".join(symbols)
    tokens = encode(text)
    assert (tokens[0], tokens[-1]) == (BOS, EOS)
    assert decode(tokens) == text
    assert "".join(split(text)) == text


@given(st.text(max_size=80))
def test_any_text_is_encoded_or_refused_in_words(text: str) -> None:
    try:
        tokens = encode(text)
    except BadInput as error:
        tokens, said = [], str(error)
    assert decode(tokens) == text or 10 < len(said) < 400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("C[Na]", "[Na]"),
        ("C[N@@+](N)O", "[N@@+]"),
        ("C?", "'?'"),
        ("[13CH4]", "[13CH4]"),
        ("C" * 10_000, "10000 tokens"),
    ],
)
def test_what_does_not_fit_is_named(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        encode(text)
    assert said in str(caught.value)


def test_transformers_sees_the_same_tokens(tmp_path: Path) -> None:
    build_tokenizer().save_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert len(tokenizer) == len(VOCABULARY)
    for text in MOLECULES:
        assert tokenizer(text)["input_ids"] == encode(text, end=False)
        assert tokenizer.decode(encode(text), skip_special_tokens=True) == text
