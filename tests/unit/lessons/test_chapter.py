"""Every class and function of the chapter is here by its name, runs with its sizes, and stands in the docs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from matgen_core.core.registry import load
from matgen_core.kinds.compositions.rows import count_atoms, encode_atoms
from matgen_core.lessons.chapter import examples, pretraining, transfer, transformers
from matgen_core.lessons.chapter.diffusion import SimpleDiffusionModel
from matgen_core.lessons.chapter.questions import QUESTIONS
from matgen_core.lessons.chapter.table import TABLE, Entry

ROOT = Path(__file__).parents[3]
#: The names of chapter 4, as its listings write them; simple_synthesizability_checker is part of 4.5's example.
CHAPTER = {
    "SimpleDiffusionModel",
    "ConditionalDiffusionModel",
    "SMILESGenerator",
    "ConditionalSMILESGenerator",
    "MaterialsInverseDesign",
    "multi_objective_generation",
    "ChemBERTa",
    "MatBERT",
    "MatBERTForBandgap",
    "MatGPT",
    "ConditionalMatGPT",
    "full_finetuning",
    "AdapterLayer",
    "MatBERTWithAdapters",
    "LoRALayer",
    "MatBERTWithLoRA",
    "pretrain_masked_atom_prediction",
    "mask_atoms",
    "ContrastiveLearning",
    "augment_composition",
}


def test_no_name_of_the_chapter_is_missing() -> None:
    assert {entry.name for entry in TABLE} == CHAPTER
    text = Path(ROOT.parent / "shared" / "chapter_4.txt")
    if text.is_file():
        listed = set(re.findall(r"^(?:class|def) (\w+)", text.read_text(encoding="utf-8"), re.MULTILINE))
        assert listed - {"simple_synthesizability_checker"} == CHAPTER


@pytest.mark.parametrize("entry", TABLE, ids=[entry.name for entry in TABLE])
def test_an_entry_is_there_and_stands_in_the_docs(entry: Entry) -> None:
    assert getattr(entry.load(), "__name__", "") == entry.name
    assert callable(load(entry.ours))
    table = (ROOT / "docs" / "chapter.md").read_text(encoding="utf-8")
    assert entry.name in table


#: What comes of each example, of the options that stand before it.
RIGHT = {
    examples.simple_diffusion: "about 1",
    examples.conditional_diffusion: "2 × 128",
    examples.smiles_generator: "10 to 100 million",
    examples.conditional_smiles_generator: "4",
    examples.chemberta: "more than 0.7",
    examples.matbert: "10 to 100 million",
    examples.matbert_for_bandgap: "about 0 eV or less",
    examples.matgpt: "about as many",
    examples.conditional_matgpt: "2",
    examples.full_finetuning: "less, but more than half",
    examples.adapters: "1 to 5 %",
    examples.lora: "less than 1 %",
    examples.masked_atoms: "less, but more than half",
    examples.contrastive: "less than guessing",
}


@pytest.mark.parametrize("example", list(dict.fromkeys(entry.example for entry in TABLE)), ids=lambda e: e.__name__)
def test_an_example_of_the_chapter_runs_and_answers_its_question(example: Callable[[], str]) -> None:
    question = QUESTIONS[example]
    outcome = question.outcome(example())
    assert outcome == RIGHT.get(example, outcome)
    assert outcome in question.options


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [(2.0, 0.9, "less than half"), (2.0, 1.4, "less, but more than half"), (2.0, 3.0, "larger")],
)
def test_the_right_guess_follows_what_is_printed(before: float, after: float, word: str) -> None:
    said = f"Validation loss: {before:.3f} -> {after:.3f}"
    assert QUESTIONS[examples.full_finetuning].outcome(said) == word
    assert QUESTIONS[examples.lora].outcome("Trainable params: 294,912 (0.343%)") == "less than 1 %"
    assert QUESTIONS[examples.matbert].outcome("1,290,000,000 weights\n") == "more than 100 million"


def test_weights_are_those_of_the_chapters_sizes() -> None:
    with torch.device("meta"):
        lora = transfer.MatBERTWithLoRA(transformers.MatBERT(), rank=8).lora_layers
        adapters = transfer.MatBERTWithAdapters(transformers.MatBERT(), adapter_size=64).adapters
    assert sum(p.numel() for p in lora.parameters()) == 294_912
    assert sum(p.numel() for p in adapters.parameters()) == 1_208_064


@pytest.mark.parametrize("kind", [transfer.MatBERTWithAdapters, transfer.MatBERTWithLoRA])
def test_transfer_begins_as_no_change_and_leaves_the_backbone_alone(kind: type) -> None:
    torch.manual_seed(0)
    matbert = transformers.MatBERT(d_model=96, num_layers=2).eval()
    tokens = torch.tensor([[transformers.CLS, 26, 8, 8]])
    before = matbert(tokens).last_hidden_state
    model = kind(matbert).eval()
    assert torch.allclose(model(tokens), before, atol=1e-5)
    assert not any(p.requires_grad for n, p in model.named_parameters() if "adapter" not in n and "lora" not in n)
    assert any(p.requires_grad for p in model.parameters())


def test_a_hundred_steps_end_in_noise() -> None:
    torch.manual_seed(0)
    model = SimpleDiffusionModel(4, 16, 100)
    xt, noise = model.forward_process(torch.full((500, 4), 3.0), torch.full((500,), 99))
    assert float((xt - noise).abs().max()) < 0.1
    assert model.double().betas.dtype == torch.float64, "the betas follow the network"


def test_masked_atoms_and_views_keep_what_they_must() -> None:
    tokens = torch.tensor([encode_atoms(count_atoms("Fe2O3"))]).repeat(2000, 1)
    inputs, labels = pretraining.mask_atoms(tokens, 0.15)
    asked = labels != -100
    assert float(asked[:, 1:-1].float().mean()) == pytest.approx(0.15, abs=0.02)
    assert not asked[:, [0, -1]].any()
    assert (inputs[~asked] == tokens[~asked]).all()
    views = pretraining.augment_composition(tokens)
    assert (views[:, [0, -1]] == tokens[:, [0, -1]]).all()
    assert all(len(set(row.tolist())) == 2 for row in views[:50, 1:-1]), "two elements stay two"
