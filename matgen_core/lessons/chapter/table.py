"""The chapter's classes and functions beside what stands for each here; a page and docs/chapter.md show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matgen_core.core.messages import Message
from matgen_core.core.registry import load
from matgen_core.lessons.chapter import examples

_HERE = "matgen_core.lessons.chapter"


@dataclass(frozen=True)
class Entry:
    """One class or function of the chapter.

    Args:
        section: of the chapter, or its heading where it has no number.
        name: as the chapter writes it.
        place: "module:name" here.
        ours: "module:name" of what the app itself runs for it.
        lesson: demonstration that shows it.
        changed: what is mended or filled in here; None where nothing is.
        example: runs it with the chapter's sizes and returns what it prints.
    """

    section: str
    name: str
    place: str
    ours: str
    lesson: str
    changed: Message | None
    example: Callable[[], str]

    def load(self) -> object:
        """The class or function."""
        return load(self.place)


_SCALED = Message("betas are a buffer and scaled by 1000 / T")
_NONE = None
TABLE = (
    Entry(
        "4.2",
        "SimpleDiffusionModel",
        f"{_HERE}.diffusion:SimpleDiffusionModel",
        "matgen_core.models.denoiser:SimpleDiffusionModel",
        "Train it",
        _SCALED,
        examples.simple_diffusion,
    ),
    Entry(
        "4.3",
        "ConditionalDiffusionModel",
        f"{_HERE}.diffusion:ConditionalDiffusionModel",
        "matgen_core.models.denoiser:ConditionalDiffusionModel",
        "Train it",
        _SCALED,
        examples.conditional_diffusion,
    ),
    Entry(
        "4.4",
        "SMILESGenerator",
        f"{_HERE}.smiles:SMILESGenerator",
        "matgen_core.models.smiles:SMILESGenerator",
        "Write one",
        _NONE,
        examples.smiles_generator,
    ),
    Entry(
        "4.4",
        "ConditionalSMILESGenerator",
        f"{_HERE}.smiles:ConditionalSMILESGenerator",
        "matgen_core.models.smiles:ConditionalSMILESGenerator",
        "Temperature",
        Message("conditions are scaled in the example"),
        examples.conditional_smiles_generator,
    ),
    Entry(
        "4.5",
        "MaterialsInverseDesign",
        f"{_HERE}.inverse_design:MaterialsInverseDesign",
        "matgen_core.workflows.design:design_until",
        "Workflow",
        Message("real predictors; each error in units of its tolerance, no average over units"),
        examples.materials_inverse_design,
    ),
    Entry(
        Message("Exercise 2"),
        "multi_objective_generation",
        f"{_HERE}.inverse_design:multi_objective_generation",
        "matgen_core.workflows.design:design",
        "2 Implementation",
        Message("two targets of three, the third is open"),
        examples.multi_objective,
    ),
    Entry(
        Message("Transformers"),
        "ChemBERTa",
        f"{_HERE}.transformers:ChemBERTa",
        "matgen_core.models.chemberta:ChemBERTa",
        "ChemBERTa",
        Message("the included weights, of width 192: nothing is downloaded"),
        examples.chemberta,
    ),
    Entry(
        Message("Transformers"),
        "MatBERT",
        f"{_HERE}.transformers:MatBERT",
        "matgen_core.models.bert:MatBERT",
        "MatBERT",
        Message("[CLS] has a number of its own"),
        examples.matbert,
    ),
    Entry(
        Message("Transformers"),
        "MatBERTForBandgap",
        f"{_HERE}.transformers:MatBERTForBandgap",
        "matgen_core.models.bert:CompositionReader",
        "MatBERT",
        _NONE,
        examples.matbert_for_bandgap,
    ),
    Entry(
        Message("Transformers"),
        "MatGPT",
        f"{_HERE}.transformers:MatGPT",
        "matgen_core.models.gpt:ConditionalGPT",
        "MatGPT",
        _NONE,
        examples.matgpt,
    ),
    Entry(
        Message("Transformers"),
        "ConditionalMatGPT",
        f"{_HERE}.transformers:ConditionalMatGPT",
        "matgen_core.models.gpt:ConditionalGPT",
        "MatGPT",
        Message("[CLS] has a number of its own"),
        examples.conditional_matgpt,
    ),
    Entry(
        "Transfer",
        "full_finetuning",
        f"{_HERE}.transfer:full_finetuning",
        "matgen_core.workflows.own_properties.finetune:finetune",
        "Three ways to teach",
        Message("epochs and the loss are arguments"),
        examples.full_finetuning,
    ),
    Entry(
        "Transfer",
        "AdapterLayer",
        f"{_HERE}.transfer:AdapterLayer",
        "matgen_core.models.adapters:Adapter",
        "Three ways to teach",
        Message("begins as no change"),
        examples.adapters,
    ),
    Entry(
        "Transfer",
        "MatBERTWithAdapters",
        f"{_HERE}.transfer:MatBERTWithAdapters",
        "matgen_core.models.adapters:apply_strategy",
        "Three ways to teach",
        Message("each adapter stands behind its own block"),
        examples.adapters,
    ),
    Entry(
        "Transfer",
        "LoRALayer",
        f"{_HERE}.transfer:LoRALayer",
        "matgen_core.models.adapters:apply_strategy",
        "Three ways to teach",
        _NONE,
        examples.lora,
    ),
    Entry(
        "Transfer",
        "MatBERTWithLoRA",
        f"{_HERE}.transfer:MatBERTWithLoRA",
        "matgen_core.models.adapters:apply_strategy",
        "Three ways to teach",
        Message("the forward pass is filled in"),
        examples.lora,
    ),
    Entry(
        Message("Pretraining"),
        "pretrain_masked_atom_prediction",
        f"{_HERE}.pretraining:pretrain_masked_atom_prediction",
        "matgen_core.learning.recipes.matbert:pretraining",
        "Hide and guess",
        Message("what is not asked is ignored by its own label"),
        examples.masked_atoms,
    ),
    Entry(
        Message("Pretraining"),
        "mask_atoms",
        f"{_HERE}.pretraining:mask_atoms",
        "matgen_core.models.masking:mask_tokens",
        "Hide and guess",
        Message("the three shares exclude one another"),
        examples.masked_atoms,
    ),
    Entry(
        Message("Pretraining"),
        "ContrastiveLearning",
        f"{_HERE}.pretraining:ContrastiveLearning",
        "matgen_core.models.bert:contrast",
        "Two views",
        Message("no unused argument"),
        examples.contrastive,
    ),
    Entry(
        Message("Pretraining"),
        "augment_composition",
        f"{_HERE}.pretraining:augment_composition",
        "matgen_core.models.augmentation:substitute_elements",
        "Two views",
        Message("filled in"),
        examples.contrastive,
    ),
)
