"""Notes to the chapter, each with a check that runs where one is possible. Politely meant: a chapter must be short."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn

from matgen_core.diffusion.schedules import linear_schedule
from matgen_core.kinds.molecules.generate import load_writer, shape_probabilities
from matgen_core.kinds.molecules.smiles import BOS, VOCABULARY
from matgen_core.models.denoiser import ConditionalDiffusionModel
from matgen_core.models.masking import IGNORED, mask_tokens


def signal_left(steps: int) -> float:
    """Share of the signal's variance that the chapter's betas leave after so many steps."""
    return float(linear_schedule(steps).alpha_bar[-1])


def buffers_move() -> tuple[bool, bool]:
    """Whether betas follow the network to another device or type: as an attribute, and as a buffer."""

    class Attribute(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.betas = torch.linspace(1e-4, 0.02, 10)

    class Buffer(nn.Module):
        betas: torch.Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("betas", torch.linspace(1e-4, 0.02, 10))

    moved = [module.double().betas.dtype == torch.float64 for module in (Attribute(), Buffer())]
    return moved[0], moved[1]


def two_for_three() -> str:
    """What a model of three conditions says to two."""
    model = ConditionalDiffusionModel(8, 3, 16, 10)
    try:
        model(torch.zeros(1, 8), torch.zeros(1, dtype=torch.long), torch.zeros(1, 2))
    except RuntimeError as error:
        return str(error).splitlines()[0]
    return ""


def chapter_shares(count: int = 200_000, seed: int = 0) -> dict[str, float]:
    """Of the atoms chosen by the chapter's code: the shares that read [MASK], a random atom, or stay."""
    generator = torch.Generator().manual_seed(seed)
    masked = torch.rand(count, generator=generator) < 0.8
    random = torch.rand(count, generator=generator) < 0.1  # overwrites some of the masked ones
    return {
        "mask": float((masked & ~random).float().mean()),
        "random": float(random.float().mean()),
        "same": float((~masked & ~random).float().mean()),
    }


def our_shares(count: int = 200_000, seed: int = 0) -> dict[str, float]:
    """The same of :func:`matgen_core.models.masking.mask_tokens`, which draws one number for each."""
    tokens = torch.full((1, count), 7)
    inputs, labels = mask_tokens(tokens, 4, 3, 98, torch.Generator().manual_seed(seed))
    chosen = labels != IGNORED
    read = inputs[chosen]
    return {
        "mask": float((read == 3).float().mean()),
        "random": float(((read != 3) & (read != 7)).float().mean()),
        "same": float((read == 7).float().mean()),
    }


def labels_clash() -> str:
    """What cross entropy with ``ignore_index=0`` says to labels of −100."""
    try:
        nn.CrossEntropyLoss(ignore_index=0)(torch.zeros(2, 5), torch.tensor([1, -100]))
    except (IndexError, RuntimeError) as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return ""


def writing_into_a_tuple() -> str:
    """What Python says to an assignment into ``hidden_states``, which is a tuple."""
    states: object = (1, 2)
    try:
        states[1] = 3  # type: ignore[index]
    except TypeError as error:
        return f"TypeError: {error}"
    return ""


def averaged_miss(gap: float = 0.25) -> float:
    """The chapter's mean error where only the gap (eV) is off: below its threshold of 0.1 up to 0.3 eV."""
    return gap / 3


def chance_of_random(threshold: float = 0.1, points: int = 241) -> float:
    """Probability with which the chapter's random predictions for (2.5, −0.8, 0) pass its threshold.

    The integral of the normal density of three numbers over |a| + |b| + |c| <= 3 threshold about the target, by the
    midpoint rule; a few draws would not do, since 7 of 100,000 pass.
    """
    half = 3 * threshold
    width = 2 * half / points
    offsets = -half + width * (torch.arange(points, dtype=torch.float64) + 0.5)
    a, b, c = (torch.exp(-0.5 * (offsets + centre) ** 2) / math.sqrt(2 * math.pi) for centre in (2.5, -0.8, 0.0))
    far = offsets.abs()
    inside = far[:, None, None] + far[None, :, None] + far[None, None, :] <= half
    return float((a[:, None, None] * b[None, :, None] * c[None, None, :] * inside).sum() * width**3)


def begins_with_carbon() -> float:
    """Probability with which the shipped generator begins a molecule with C, not c or another token."""
    network, _ = load_writer()
    with torch.inference_mode():
        logits = network(torch.tensor([[BOS]]))[:, -1]
    return float(shape_probabilities(logits, 1.0)[0, VOCABULARY.index("C")])


@dataclass(frozen=True)
class Source:
    """Where a statement can be checked.

    Args:
        text: authors, title, journal.
        doi: digital object identifier.
    """

    text: str
    doi: str


#: The papers that the notes name.
SOURCES = {
    "halicin": Source(
        "Stokes et al., A Deep Learning Approach to Antibiotic Discovery, Cell 180, 688 (2020)",
        "10.1016/j.cell.2020.01.021",
    ),
    "matbert": Source(
        "Trewartha et al., Quantifying the advantage of domain-specific pre-training on named entity recognition tasks "
        "in materials science, Patterns 3, 100488 (2022)",
        "10.1016/j.patter.2022.100488",
    ),
    "ddpm": Source(
        "Ho et al., Denoising Diffusion Probabilistic Models, NeurIPS 33 (2020)", "10.48550/arXiv.2006.11239"
    ),
    "bert": Source("Devlin et al., BERT, NAACL (2019), section 3.1", "10.18653/v1/N19-1423"),
    "adapters": Source(
        "Houlsby et al., Parameter-Efficient Transfer Learning for NLP, ICML (2019)", "10.48550/arXiv.1902.00751"
    ),
    "lora": Source("Hu et al., LoRA, ICLR (2022)", "10.48550/arXiv.2106.09685"),
}
