"""SMILES as token strings: one atom, bond, branch or ring number a token (chapter 4.4).

The vocabulary is that of the MOSES set, then what the wide sets need: charges, stereo, iodine, P, B, Si, Se. An atom in
brackets is one token with its hydrogens and its charge. The same tokens, as a transformers tokenizer, lie beside the
weights: see :func:`build_tokenizer`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import join

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

#: After Schwaller et al. (2019): brackets whole, two-letter elements before one-letter ones.
PATTERN = r"\[[^\]]+\]|Br|Cl|[BCNOPSFIbcnops]|%\d{2}|\d|[()=#\-+\\/.:~*$@]"
_SPLIT = re.compile(PATTERN)
PAD, BOS, EOS, UNKNOWN = 0, 1, 2, 3
SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
#: Every token of the 1,584,663 MOSES strings, most frequent first: all that the encoder and former generators know.
MOSES_SYMBOLS = tuple(r"c C ( ) 1 O 2 N = n 3 F - S s o Cl [nH] # 4 Br 5 [H] 6".split())
#: What more than a dozen molecules of the wide sets need besides, carbanions in rings left out.
WIDE_SYMBOLS = tuple(
    r"""
    / \ [O-] [N+] [Si] [C@@H] [C@H] 7 P [SiH] [n+] [C@] [C@@] [NH2+] [NH+] [N-] 8 I [PH] [NH3+] 9 [Se] [P+] B [s+]
    [S+] [C-] [se] [B-] [n-] [o+] [S-] [nH+]
    """.split()
)
SYMBOLS = (*MOSES_SYMBOLS, *WIDE_SYMBOLS)
VOCABULARY = (*SPECIAL, *SYMBOLS)
#: The encoder knows the MOSES set alone, and has one token more.
MASKED_VOCABULARY = (*SPECIAL, *MOSES_SYMBOLS, "<mask>")
MASK = len(MASKED_VOCABULARY) - 1
_NUMBER = {symbol: i for i, symbol in enumerate(VOCABULARY)}
#: Longest string with BOS and EOS; the encoder's, which read MOSES alone.
MAX_TOKENS, ENCODER_TOKENS = 128, 64


def split(smiles: str) -> list[str]:
    """The tokens of a string.

    >>> split("c1cc(Br)c[nH]1")
    ['c', '1', 'c', 'c', '(', 'Br', ')', 'c', '[nH]', '1']

    Raises:
        BadInput: for characters that are no SMILES.
    """
    tokens = _SPLIT.findall(smiles)
    if sum(map(len, tokens)) != len(smiles):
        odd = sorted(set(_SPLIT.sub("", smiles)))
        raise BadInput(
            "{smiles} contains {map}, which is not SMILES", smiles=quote(smiles), map=" ".join(map(repr, odd[:5]))
        )
    return tokens


def encode(smiles: str, *, end: bool = True) -> list[int]:
    """BOS, the tokens, and EOS if ``end``.

    Raises:
        BadInput: for tokens outside the vocabulary (named), and for strings too long.
    """
    tokens = split(smiles)
    unknown = sorted(set(tokens) - _NUMBER.keys())
    if unknown:
        raise BadInput(
            "{smiles} contains {unknown}, outside the model's vocabulary ({symbols}); write it without other charges, "
            "isotopes and other elements",
            smiles=quote(smiles),
            unknown=join(unknown[:8], ", "),
            symbols=" ".join(SYMBOLS),
        )
    if len(tokens) > MAX_TOKENS - 2:
        raise BadInput(
            "{smiles} has {n_tokens} tokens; the model writes at most {max_tokens}",
            smiles=quote(smiles),
            n_tokens=len(tokens),
            max_tokens=MAX_TOKENS - 2,
        )
    return [BOS, *(_NUMBER[token] for token in tokens), *((EOS,) if end else ())]


def decode(tokens: Iterable[int]) -> str:
    """The string up to EOS, without special tokens."""
    symbols = []
    for token in tokens:
        if token == EOS:
            break
        if token > UNKNOWN:
            symbols.append(VOCABULARY[token])
    return "".join(symbols)


def build_tokenizer(symbols: Sequence[str] = VOCABULARY) -> PreTrainedTokenizerFast:
    """The same tokens as transformers knows them.

    The generator's begins with BOS and leaves the end to the model; an encoder's, whose symbols hold "<mask>", puts BOS
    and EOS around the string as [CLS] and [SEP].
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    masked = symbols[-1] == MASKED_VOCABULARY[-1]
    tokenizer = Tokenizer(models.WordLevel({s: i for i, s in enumerate(symbols)}, unk_token=SPECIAL[UNKNOWN]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(PATTERN), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<bos> $A <eos>" if masked else "<bos> $A",
        pair="<bos> $A $B",
        special_tokens=[(SPECIAL[BOS], BOS), (SPECIAL[EOS], EOS)],
    )
    longest = ENCODER_TOKENS if masked else MAX_TOKENS
    roles = {"mask_token": "<mask>", "cls_token": SPECIAL[BOS], "sep_token": SPECIAL[EOS]} if masked else {}
    fast: PreTrainedTokenizerFast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=SPECIAL[PAD],
        bos_token=SPECIAL[BOS],
        eos_token=SPECIAL[EOS],
        unk_token=SPECIAL[UNKNOWN],
        model_max_length=longest,
        clean_up_tokenization_spaces=False,
        **roles,
    )
    return fast
