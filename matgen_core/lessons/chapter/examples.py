"""The chapter's examples, each run as it stands: a function of no arguments that returns what it prints."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from matgen_core.kinds.compositions.rows import count_atoms, encode_atoms
from matgen_core.lessons.chapter import inverse_design, pretraining, smiles, transfer, transformers
from matgen_core.lessons.chapter.diffusion import ConditionalDiffusionModel, SimpleDiffusionModel
from matgen_core.lessons.descriptors import load_descriptors
from matgen_core.models import bert


def simple_diffusion() -> str:
    """128 descriptors of 64 real molecules, 100 steps, as in 4.2."""
    torch.manual_seed(0)
    model = SimpleDiffusionModel(128, hidden_dim=256, num_timesteps=100)
    x0 = torch.from_numpy(load_descriptors().vectors[:64])
    t = torch.randint(0, 100, (64,))
    xt, noise = model.forward_process(x0, t)
    loss = F.mse_loss(model.predict_noise(xt, t), noise)
    return f"Training loss: {loss.item():.4f}\nGenerated data shape: {tuple(model.generate(10, 128).shape)}"


def conditional_diffusion() -> str:
    """Two targets of three properties, as in 4.3; the network is not trained."""
    torch.manual_seed(0)
    model = ConditionalDiffusionModel(128, 3, hidden_dim=256, num_timesteps=100)
    targets = torch.tensor([[2.0, -0.5, 0.0], [3.5, -1.0, 2.0]])
    return f"Generated materials shape: {tuple(model.generate_conditional(targets, 128).shape)}"


def smiles_generator() -> str:
    """An untrained generator of the chapter's size writes token numbers."""
    torch.manual_seed(0)
    model = smiles.SMILESGenerator().eval()
    weights = sum(p.numel() for p in model.parameters())
    return f"{weights:,} weights\nTokens: {model.generate_smiles(1, max_length=10)}"


def conditional_smiles_generator() -> str:
    """Five properties before a string; each is scaled, since 250 g/mol would drown 1.5."""
    torch.manual_seed(0)
    model = smiles.ConditionalSMILESGenerator(condition_dim=5).eval()
    target = torch.tensor([[1.5, 10.0, 250.0, 2.0, 3.0]]) / torch.tensor([[2.0, 10.0, 300.0, 2.0, 4.0]])
    return f"Logits: {tuple(model(torch.tensor([[1, 5, 9]]), target).shape)}"


def materials_inverse_design() -> str:
    """The chapter's target (2.5 eV, −0.8 eV/atom, 0 µB), eight candidates."""
    system = inverse_design.MaterialsInverseDesign(
        inverse_design.generate_crystals,
        inverse_design.predicted_values,
        inverse_design.simple_synthesizability_checker,
    )
    target = dict(zip(inverse_design.CONDITIONS, (2.5, -0.8, 0.0), strict=True))
    found = system.design_materials(target, num_candidates=8, threshold=2.0)
    lines = [f"  {material.error:.2f} tolerances: {material.predicted_properties}" for material in found[:3]]
    return "\n".join([f"Found {len(found)} valid materials", *lines])


def multi_objective() -> str:
    """Exercise 2: a gap of 2.0 eV and −0.5 eV/atom at once."""
    found = inverse_design.multi_objective_generation(inverse_design.generate_crystals, 2.0, -0.5, num_samples=4)
    return f"Generated {len(found)} materials"


def chemberta() -> str:
    """Ibuprofen and caffeine."""
    model = transformers.ChemBERTa()
    vectors = model(["CC(C)Cc1ccc(cc1)C(C)C(=O)O", "CN1C=NC2=C1C(=O)N(C(=O)N2C)C"])
    likeness = F.cosine_similarity(vectors[0], vectors[1], dim=0)
    return f"Molecular embeddings: {tuple(vectors.shape)}\nCosine similarity: {likeness:.2f}"


def matbert() -> str:
    """Fe2O3 by atomic numbers through 12 layers of width 768, not trained."""
    torch.manual_seed(0)
    model = transformers.MatBERT().eval()
    outputs = model(torch.tensor([[transformers.CLS, 26, 26, 8, 8, 8]]))
    return f"{_count(model):,} weights\nHidden states: {tuple(outputs.last_hidden_state.shape)}"


def matbert_for_bandgap() -> str:
    """The same with a head; the value means nothing before training."""
    torch.manual_seed(0)
    model = transformers.MatBERTForBandgap(transformers.MatBERT()).eval()
    gap = model(torch.tensor([[transformers.CLS, 26, 26, 8, 8, 8]]))
    return f"{_count(model.regressor):,} weights in the head\nBand gap, untrained: {gap.item():.3f} eV"


def matgpt() -> str:
    """Atoms after [CLS] Li, not trained."""
    torch.manual_seed(0)
    model = transformers.MatGPT()
    tokens = model.generate_composition(torch.tensor([[transformers.CLS, 3]]), max_length=10)
    return f"{_count(model):,} weights\nAtomic numbers: {tokens[0, 1:].tolist()}"


def conditional_matgpt() -> str:
    """The next atom for 2.5 eV, −1.0 eV/atom, non-magnetic, not trained."""
    torch.manual_seed(0)
    model = transformers.ConditionalMatGPT(transformers.MatGPT(), condition_dim=3).eval()
    with torch.no_grad():
        logits = model(torch.tensor([[transformers.CLS]]), torch.tensor([[2.5, -1.0, 0.0]]))
    token = torch.multinomial(logits[:, -1].softmax(dim=-1), num_samples=1)
    return f"Logits: {tuple(logits.shape)}\nNext token: {token.item()}"


def full_finetuning() -> str:
    """A small MatBERT learns to count atoms; the validation loss falls."""
    torch.manual_seed(0)
    model = transformers.MatBERTForBandgap(transformers.MatBERT(d_model=96, num_layers=2))

    def loss(network: nn.Module, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return F.mse_loss(network(batch["tokens"])[:, 0], batch["value"])

    tokens = torch.randint(1, 50, (64, 6))
    batches = [{"tokens": part, "value": (part > 25).float().sum(dim=1)} for part in tokens.split(8)]
    with torch.no_grad():
        before = sum(float(loss(model.eval(), batch)) for batch in batches[6:]) / 2
    transfer.full_finetuning(model, batches[:6], batches[6:], loss, epochs=10)
    with torch.no_grad():
        after = sum(float(loss(model.eval(), batch)) for batch in batches[6:]) / 2
    return f"Validation loss: {before:.3f} -> {after:.3f}"


def adapters() -> str:
    """Weights of the chapter's adapters: 12 layers of width 768, bottleneck 64."""
    with torch.device("meta"):
        model = transfer.MatBERTWithAdapters(transformers.MatBERT(), adapter_size=64)
        trained, whole = _count(model.adapters), _count(model)
    return f"Trainable params: {trained:,} ({trained / whole:.2%})"


def lora() -> str:
    """Weights of the chapter's LoRA: query and value of 12 layers, rank 8."""
    with torch.device("meta"):
        model = transfer.MatBERTWithLoRA(transformers.MatBERT(), rank=8)
        trained, whole = _count(model.lora_layers), _count(model)
    return f"Trainable params: {trained:,} ({trained / whole:.3%})"


def masked_atoms() -> str:
    """A small MatBERT learns hidden atoms of six oxides; the loss falls."""
    torch.manual_seed(0)
    formulas = ("MgO", "CaO", "Fe2O3", "Al2O3", "TiO2", "SiO2")
    batches = [torch.tensor([encode_atoms(count_atoms(formula))]).repeat(16, 1) for formula in formulas]
    model = bert.MatBERT(bert.MatBERTConfig(98, 64, 2, 2, amounts=False))
    losses = pretraining.pretrain_masked_atom_prediction(model, batches, epochs=20)
    return f"Epoch 1, MAP Loss: {losses[0]:.4f}\nEpoch 20, MAP Loss: {losses[-1]:.4f}"


def contrastive() -> str:
    """Two views of four formulas, an untrained network."""
    torch.manual_seed(0)
    formulas = torch.tensor([encode_atoms(count_atoms(f)) for f in ("LiF", "NaCl", "KBr", "CsI")])
    draw = torch.Generator().manual_seed(0)
    views = [pretraining.augment_composition(formulas, draw) for _ in range(2)]
    model = pretraining.ContrastiveLearning(bert.MatBERT(bert.MatBERTConfig(98, 64, 2, 2, amounts=False)))
    return f"InfoNCE: {model(*views).item():.3f} (ln 4 = 1.386 is what guessing reaches)"


def _count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())
