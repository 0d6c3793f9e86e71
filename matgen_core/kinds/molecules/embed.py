"""SMILES to vectors: Morgan fingerprints, the shipped encoder, or any that the user names and transformers can read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from rdkit import DataStructs

from matgen_core.chem.molecules.molecule import canonical, fingerprint, parse
from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import join
from matgen_core.learning.checkpoints import load_encoder
from matgen_core.learning.trainer import best_device

if TYPE_CHECKING:
    from matgen_core.models.chemberta import ChemBERTa

#: The encoder that ships.
DEFAULT = "smiles-bert"
#: Molecules read together.
BATCH = 128


def print_vectors(smiles: Sequence[str]) -> NDArray[np.float32]:
    """Morgan fingerprints (N, 1024) of zeros and ones; NaN where a string is no molecule."""
    found = np.full((len(smiles), 1024), np.nan, dtype=np.float32)
    for i, text in enumerate(smiles):
        if (molecule := parse(text)) is not None:
            bits = np.zeros(0, dtype=np.int8)
            DataStructs.ConvertToNumpyArray(fingerprint(molecule), bits)
            found[i] = bits
    return found


@lru_cache(maxsize=2)
def open_encoder(source: str = DEFAULT) -> tuple[ChemBERTa, object, str]:
    """The encoder, its tokenizer, and what to call it; loaded once.

    Weights are read from safetensors, or by torch's weights-only loading where a published encoder has nothing else;
    code that lies beside them is never run.

    Args:
        source: DEFAULT, a folder, or a name on the Hugging Face hub such as ``seyonec/ChemBERTa-zinc-base-v1``.

    Raises:
        BadInput: where it cannot be had; the default stays usable.
        UnknownCheckpoint, DamagedCheckpoint: where the default is not there or not whole.
    """
    from matgen_core.models.chemberta import ChemBERTa  # transformers, which fingerprints do without

    if source == DEFAULT:
        network, tokenizer, digest = load_encoder(DEFAULT)
        return ChemBERTa(network).to(best_device()), tokenizer, f"{DEFAULT}@{digest}"
    from transformers import AutoModel, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        network = AutoModel.from_pretrained(source, trust_remote_code=False, weights_only=True).float()
    except Exception as error:  # the hub, the file system, transformers and torch raise many kinds
        raise BadInput(
            "the encoder {source} cannot be loaded ({error}: {error2}); give a folder or a name that "
            "transformers can load over the network, or leave it out for {default}",
            source=quote(source),
            error=type(error).__name__,
            error2=quote(error, 120),
            default=DEFAULT,
        ) from None
    return ChemBERTa(network).to(best_device()), tokenizer, source


def encode_smiles(
    smiles: Sequence[str], source: str = DEFAULT, pooling: str = "cls"
) -> tuple[NDArray[np.float32], str]:
    """(N, D) vectors, NaN where a string is no molecule, and what made them.

    Args:
        smiles: strings; each is read as RDKit writes it, so that two spellings of one molecule are one point.
        source: see :func:`open_encoder`.
        pooling: "cls" or "mean".

    Raises:
        BadInput: for an encoder that cannot be had, or an unknown pooling.
    """
    from matgen_core.models.chemberta import POOLINGS

    if pooling not in POOLINGS:
        raise BadInput(
            "no pooling {pooling}; choose from: {poolings}", pooling=quote(pooling), poolings=join(POOLINGS, ", ")
        )
    network, tokenizer, name = open_encoder(source)
    found = np.full((len(smiles), network.width), np.nan, dtype=np.float32)
    read = [(i, canonical(m)) for i, text in enumerate(smiles) if (m := parse(text)) is not None]
    read.sort(key=lambda pair: len(pair[1]))  # strings of similar length share a batch
    for first in range(0, len(read), BATCH):
        part = read[first : first + BATCH]
        found[[i for i, _ in part]] = _encode(network, tokenizer, [text for _, text in part], pooling)
    return found, name


def _encode(network: ChemBERTa, tokenizer: object, strings: list[str], pooling: str) -> NDArray[np.float32]:
    assert callable(tokenizer)
    batch = tokenizer(strings, padding=True, truncation=True, max_length=_longest(network), return_tensors="pt")
    device = next(network.parameters()).device
    vectors = network(batch["input_ids"].to(device), batch["attention_mask"].to(device), pooling)
    return np.asarray(vectors.to(torch.float32).cpu().numpy())


def _longest(network: ChemBERTa) -> int:
    """Most tokens that the encoder has places for."""
    config = network.encoder.config
    return int(config.max_position_embeddings) - int(config.pad_token_id or 0) - 1  # as RoBERTa counts places
