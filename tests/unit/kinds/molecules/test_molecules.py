"""Sampling, judging and ranking molecules, on an untrained network of the real vocabulary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from rdkit import Chem
from transformers import AutoModelForCausalLM, AutoTokenizer

from matgen_core.chem.molecules.molecule import parse
from matgen_core.core.errors import BadInput, Cancelled, MatGenError
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.core.records import Candidate, Molecule, Origin
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.conditions import check_molecules, contradiction, draw_molecule_conditions
from matgen_core.kinds.molecules.files import to_csv, to_sdf, to_smiles
from matgen_core.kinds.molecules.generate import (
    explain,
    guide,
    keep_allowed,
    shape_probabilities,
    write_strings,
)
from matgen_core.kinds.molecules.grammar import first_illegal
from matgen_core.kinds.molecules.judge import Judge, counts_for, rank_molecules, summarise_molecules
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.rows import label, save_rows
from matgen_core.kinds.molecules.scaffolds import read_scaffold, writings
from matgen_core.kinds.molecules.segments import Beginning
from matgen_core.kinds.molecules.smiles import (
    BOS,
    EOS,
    MAX_TOKENS,
    PAD,
    VOCABULARY,
    decode,
    encode,
)
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_smiles
from matgen_core.learning.recipes.registry import train
from matgen_core.learning.trainer import TrainingConfig
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.smiles import ConditionalSMILESGenerator, SmilesConfig
from matgen_core.workflows.design import design

FREE = torch.full((6, 5), torch.nan)
KNOWN = load_molecule_reference().smiles[0]


@pytest.fixture(scope="module")
def network() -> ConditionalSMILESGenerator:
    torch.manual_seed(0)
    conditions = ConditionConfig(MOLECULE_CONDITIONS, (0.0,) * 5, (1.0,) * 5, 32)
    return ConditionalSMILESGenerator(SmilesConfig(len(VOCABULARY), 64, 32, 2, 4, 0.0, conditions)).eval()


def candidates(*strings: str) -> list[Candidate[Molecule]]:
    return [Candidate(f"0-{i}", Molecule(text), Origin("smiles-gpt", "", 0, i)) for i, text in enumerate(strings)]


# -------------------------------------------------------------------------------------------------------- sampling


@given(st.floats(0.1, 2.0), st.integers(0, 30), st.floats(0.05, 1.0))
def test_shaped_probabilities_are_probabilities(temperature: float, top_k: int, top_p: float) -> None:
    logits = torch.randn(3, len(VOCABULARY), generator=torch.Generator().manual_seed(0)) * 3
    shaped = shape_probabilities(logits, temperature, top_k, top_p)
    assert torch.allclose(shaped.sum(dim=1), torch.ones(3), atol=1e-5)
    assert (shaped[:, [0, 1, 3]] == 0).all()
    assert top_k == 0 or ((shaped > 0).sum(dim=1) <= top_k).all()
    assert torch.equal(shaped.argmax(dim=1), shape_probabilities(logits, 1.0).argmax(dim=1))


def test_cooler_is_surer() -> None:
    logits = torch.randn(1, len(VOCABULARY), generator=torch.Generator().manual_seed(0))
    tops = [float(shape_probabilities(logits, t).max()) for t in (2.0, 1.0, 0.5, 0.1)]
    assert tops == sorted(tops)


def test_strings_repeat_by_seed_and_begin_as_told(network: ConditionalSMILESGenerator) -> None:
    begin = encode("CC(", end=False)
    one, two = (
        write_strings(
            network, FREE, MoleculeSettings(), torch.Generator().manual_seed(5), begin=Beginning(tuple(begin))
        )
        for _ in range(2)
    )
    assert one == two
    assert len(one) == 6
    for row in one:
        assert row[: len(begin)] == begin
        assert len(row) <= MAX_TOKENS
        assert PAD not in row
        assert BOS not in row[1:]
        assert EOS not in row[:-1]


def test_likeliest_only_is_greedy(network: ConditionalSMILESGenerator) -> None:
    (row,) = write_strings(network, FREE[:1], MoleculeSettings(top_k=1, grammar=False), torch.Generator())
    logits = network(torch.tensor([row[:-1]]), FREE[:1])[0]
    assert shape_probabilities(logits, 1.0).argmax(dim=1).tolist() == row[1:]


def test_a_run_can_be_cancelled(network: ConditionalSMILESGenerator) -> None:
    with pytest.raises(Cancelled):
        write_strings(network, FREE, MoleculeSettings(), torch.Generator(), cancelled=lambda: True)


def test_the_lesson_shows_every_token(network: ConditionalSMILESGenerator) -> None:
    steps = explain(network, "CCO", FREE[:1], MoleculeSettings(temperature=0.5, top_k=3, grammar=False))
    assert [step.drawn for step in steps] == ["C", "C", "O", "<eos>"]
    assert steps[2].before == "CC"
    for step in steps:
        assert sum(before for _, before, _ in step.options) == pytest.approx(1.0, abs=1e-5)
        assert sum(after > 0 for _, _, after in step.options) == 3


def test_the_lesson_shows_what_the_grammar_forbids(network: ConditionalSMILESGenerator) -> None:
    steps = explain(network, "CC(F)C", FREE[:1], MoleculeSettings())
    after = {symbol: after for symbol, _, after in steps[4].options}  # behind the fluorine, in the branch
    assert after.pop(")") == pytest.approx(1.0, abs=1e-5)
    assert set(after.values()) == {0.0}


def test_an_untrained_network_writes_molecules_by_the_grammar(network: ConditionalSMILESGenerator) -> None:
    free = torch.full((64, 5), torch.nan)
    for top_k in (0, 5):
        settings = MoleculeSettings(top_k=top_k)
        ours = write_strings(network, free, settings, torch.Generator().manual_seed(0))
        ended = [decode(row) for row in ours if first_illegal(row[1:]) is None]  # not those that came to a dead end
        assert len(ended) > 10
        assert all(parse(text) is not None for text in ended)
        plain = write_strings(network, free, replace(settings, grammar=False), torch.Generator().manual_seed(0))
        assert sum(parse(decode(row)) is not None for row in plain) < 10


def test_what_top_k_left_nothing_of_is_drawn_among_the_allowed() -> None:
    logits = torch.tensor([[0.0, 0.0, 0.0, 0.0, 5.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0, 5.0, 1.0, 2.0]])
    allowed = torch.tensor([[False, False, True, False, False, True, True], [False] * 7])
    settings = MoleculeSettings(top_k=1)
    shaped = shape_probabilities(logits, 1.0, 1)
    kept = keep_allowed(shaped, logits, allowed, settings)
    assert kept[0].argmax() == 6
    assert float(kept[0].max()) == 1.0
    assert torch.equal(kept[1], shaped[1])  # nothing may stand: as it was
    free = keep_allowed(shape_probabilities(logits, 1.0), logits, allowed, MoleculeSettings())
    assert float(free[0, 6] / free[0, 5]) == pytest.approx(float(torch.tensor(1.0).exp()), rel=1e-5)


def test_guidance_of_nothing_asked_changes_nothing(network: ConditionalSMILESGenerator) -> None:
    one, two = (
        write_strings(network, FREE, MoleculeSettings(guidance=w), torch.Generator().manual_seed(5)) for w in (0.0, 2.0)
    )
    assert one == two


def test_guidance_moves_away_from_what_is_written_untold(network: ConditionalSMILESGenerator) -> None:
    told = torch.zeros(6, 5)
    strings = [
        write_strings(network, told, MoleculeSettings(guidance=w), torch.Generator().manual_seed(5)) for w in (0.0, 3.0)
    ]
    assert strings[0] != strings[1]
    settings = MoleculeSettings(guidance=1.0, top_k=1, grammar=False)
    (row,) = write_strings(network, told[:1], settings, torch.Generator())
    tokens = torch.tensor([row[:-1]])
    logits = guide(network(tokens, told[:1])[0], network(tokens)[0], 1.0)
    assert shape_probabilities(logits, 1.0).argmax(dim=1).tolist() == row[1:]


def test_guidance_leaves_what_is_unlikely_alone() -> None:
    told = torch.tensor([[2.0, 1.0, -8.0]])
    guided = guide(told, torch.tensor([[2.0, 0.0, -20.0]]), 1.0)
    assert guided[0].tolist() == pytest.approx([2.0, 2.0, -48.0])
    assert float(guided.softmax(dim=-1)[0, 2]) < 1e-9


def test_a_scaffold_is_written_from_all_its_free_ends() -> None:
    found = writings("c1ccc2[nH]ccc2c1")
    assert len(found) > 1
    assert all(begin.tokens[0] == BOS for begin in found)
    with pytest.raises(BadInput, match="no open place"):
        writings("FC(F)(F)F")


@pytest.mark.parametrize("scaffold", ["c1ccncc1*", "CC(*)c1ccccc1", "*CCc1ccc(*)cc1", "*COc1cc(O*)cc(CC*)c1"])
def test_a_marked_scaffold_grows_from_its_marks(scaffold: str) -> None:
    bare, marked = read_scaffold(scaffold)
    assert bare.GetNumAtoms() == parse(scaffold).GetNumAtoms() - scaffold.count("*")  # type: ignore[union-attr]
    assert len(marked) == scaffold.count("*")
    branch = [*encode("F", end=False)[1:], *encode("C)", end=False)[2:]]
    grown = set()
    for begin in writings(scaffold):
        tokens = list(begin.tokens)
        for rest in begin.rests:
            tokens += [*branch, *rest]
        grown.add(Chem.CanonSmiles(decode(tokens) + "F"))
    assert grown == {Chem.CanonSmiles(scaffold.replace("*", "F"))}, "whichever mark comes last, all are grown"
    judge = Judge(Target(), MoleculeSettings(scaffold=scaffold), load_molecule_reference())
    whole, part = judge(candidates(min(grown), Chem.MolToSmiles(bare)))
    assert whole.verdict("scaffold").passed is True  # type: ignore[union-attr]
    assert part.verdict("scaffold").passed is False, "the scaffold alone has grown nowhere"  # type: ignore[union-attr]


@pytest.mark.parametrize("grammar", [True, False])
@pytest.mark.parametrize(
    "scaffold", ["[*:1]Cc1ccc(C[*:2])cc1", "c1cc(*)cc(*)c1*", "CC(*)(*)c1ccccc1", "*c1ccc2[nH]c(*)cc2c1"]
)
def test_every_marked_place_of_a_scaffold_is_grown(scaffold: str, grammar: bool) -> None:
    settings = MoleculeSettings(scaffold=scaffold, until="drawn", grammar=grammar)
    found = design("molecules", Target(), 20, seed=2, settings=settings)
    valid = [c for c in found if c.verdict("valid").passed]  # type: ignore[union-attr]
    assert len(valid) >= (19 if grammar else 6)
    assert all(c.verdict("scaffold").passed for c in valid), [c.material.smiles for c in valid]  # type: ignore[union-attr]
    assert len({c.material.smiles for c in valid}) > len(valid) / 2
    one = scaffold.replace("[*:1]", "F").replace("[*:2]", "").replace("*", "F", 1).replace("(*)", "").replace("*", "")
    (half,) = Judge(Target(), settings, load_molecule_reference())(candidates(one))
    assert half.verdict("scaffold").passed is False, "grown at one place alone"  # type: ignore[union-attr]


def test_a_mark_on_an_atom_that_cannot_bear_it_is_said() -> None:
    with pytest.raises(BadInput, match="not a molecule"):
        writings("C(*)(C)(C)(C)C")


# --------------------------------------------------------------------------------------------------------- judging


def test_every_string_gets_its_verdicts_and_none_is_lost() -> None:
    settings = MoleculeSettings(require="c1ccccc1", forbid="Br", filters=("PAINS", "BRENK"), max_sa=3.0)
    target = Target({"donors": Goal.at(1)})
    judged = Judge(target, settings, load_molecule_reference())(
        candidates("Nc1ccccc1", "c1ccccc1N", "c1cc", "Brc1ccccc1", KNOWN)
    )
    assert len(judged) == 5
    assert judged[0].material.smiles == judged[1].material.smiles
    assert [c.verdict("duplicate").passed for c in judged[:2]] == [True, False]  # type: ignore[union-attr]
    assert judged[2].verdict("valid").passed is False  # type: ignore[union-attr]
    assert judged[3].verdict("forbid").passed is False  # type: ignore[union-attr]
    assert judged[4].verdict("novelty").passed is False  # type: ignore[union-attr]
    assert judged[0].verdict("target:donors").passed is True  # type: ignore[union-attr]
    counts = summarise_molecules(judged)
    assert (counts["drawn"], counts["valid"], counts["unique"]) == (5, 4, 3)
    assert not counts_for(judged[4], "novel")
    assert counts_for(judged[4], "unique")
    ranked = rank_molecules(judged, target)
    assert {c.id for c in ranked} == {c.id for c in judged}
    scores = [c.score for c in ranked if c.score is not None]
    assert scores == sorted(scores)
    assert len(scores) == 5


def test_files_hold_what_was_found() -> None:
    judged = Judge(Target(), MoleculeSettings(max_sa=9.0), load_molecule_reference())(
        candidates("CCO", "=cmd()", "CCN")
    )
    lines = to_csv(judged).splitlines()
    assert len(lines) == 4
    assert "verdict:sa_score" in lines[0]
    assert "'=cmd()" in lines[2]
    assert to_smiles(judged) == "CCO 0-0\nCCN 0-2\n"
    sdf = to_sdf(judged, conformers=True)
    assert sdf.count("$$$$") == 2
    assert ">  <logp>" in sdf


# ------------------------------------------------------------------------------------------------------ conditions


@pytest.mark.parametrize(
    ("settings", "count", "said"),
    [
        (MoleculeSettings(), 0, "1 to"),
        (MoleculeSettings(), -3, "1 to"),
        (MoleculeSettings(), 10**6, "1 to"),
        (MoleculeSettings(temperature=3.0), 1, "temperature"),
        (MoleculeSettings(top_k=-1), 1, "top-k"),
        (MoleculeSettings(top_p=0.0), 1, "top-p"),
        (MoleculeSettings(until="ever"), 1, "until"),
        (MoleculeSettings(cap=0), 1, "cap"),
        (MoleculeSettings(prefix="C[Na]"), 1, "[Na]"),
        (MoleculeSettings(scaffold="C("), 1, "scaffold"),
        (MoleculeSettings(require="(("), 1, "required SMARTS"),
        (MoleculeSettings(prefix="C", scaffold="CC"), 1, "together"),
        (MoleculeSettings(prefix="C" * 10_000), 1, "10000 tokens"),
        (MoleculeSettings(filters=("NIH",)), 1, "NIH"),
        (MoleculeSettings(max_sa=0.0), 1, "max-sa 0"),
        (MoleculeSettings(scaffold="C[NH-]"), 1, "[NH-]"),
        (MoleculeSettings(domain="heavy"), 1, "lead-like"),
        (MoleculeSettings(prefix="CC(F)F)"), 1, "')'"),
        (MoleculeSettings(guidance=-1.0), 1, "guidance"),
        (MoleculeSettings(guidance=float("nan")), 1, "guidance"),
        (MoleculeSettings(temperature=float("nan")), 1, "temperature"),
    ],
)
def test_what_cannot_be_asked_is_said(settings: MoleculeSettings, count: int, said: str) -> None:
    with pytest.raises(MatGenError) as caught:
        check_molecules(Target(), count, settings)
    assert said in str(caught.value)


def test_crystal_properties_cannot_be_asked_of_molecules() -> None:
    with pytest.raises(MatGenError, match="logp"):
        check_molecules(Target({"band_gap": Goal.at(1.0)}), 1, MoleculeSettings())


def test_values_stand_and_ranges_are_drawn_inside() -> None:
    target = Target({"logp": Goal.at(2.0), "weight": Goal.between(300, 320), "donors": Goal.at_most(1)})
    drawn = draw_molecule_conditions(
        target, MOLECULE_CONDITIONS, 200, np.random.default_rng(0), load_molecule_reference()
    )
    assert (drawn[:, 0] == 2.0).all()
    assert np.isnan(drawn[:, [1, 4]]).all()
    assert ((drawn[:, 2] >= 300) & (drawn[:, 2] <= 320)).all()
    assert set(drawn[:, 3]) <= {0.0, 1.0}
    assert len(set(drawn[:, 2])) > 20


def test_goals_that_contradict_are_flagged() -> None:
    reference = load_molecule_reference()
    bad = Target({"logp": Goal.at(4.5), "solubility": Goal.at(-1.5)})
    assert "log S is" in (contradiction(bad, reference) or "")
    assert contradiction(Target({"logp": Goal.at(2.0), "weight": Goal.at(310)}), reference) is None


# -------------------------------------------------------------------------------------------------------- training


def test_training_writes_what_plain_transformers_opens(tmp_path: Path) -> None:
    rows = label(load_molecule_reference().smiles[:40])
    save_rows(rows, tmp_path / "molecules.npz")
    config = TrainingConfig(epochs=1, warmup=1, bfloat16=False)
    folder = train("smiles-gpt", tmp_path / "molecules.npz", tmp_path / "state", config, checkpoints=tmp_path)
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    ours = build_smiles(load_checkpoint("smiles-gpt", folder=tmp_path))
    tokens = torch.tensor([encode(rows.smiles(0))])
    assert tokenizer(rows.smiles(0))["input_ids"] == encode(rows.smiles(0), end=False)
    assert model.dtype == torch.float32
    with torch.no_grad():
        assert torch.allclose(model(tokens).logits, ours(tokens), atol=1e-5)


def test_a_training_goes_on_from_other_weights(tmp_path: Path) -> None:
    rows = label(load_molecule_reference().smiles[:40])
    save_rows(rows, tmp_path / "molecules.npz")
    config = TrainingConfig(epochs=1, warmup=10**6, ema=0.0, bfloat16=False)  # so slow that nothing is learnt
    train("smiles-gpt", tmp_path / "molecules.npz", tmp_path / "one", config, checkpoints=tmp_path / "first")
    begun = load_checkpoint("smiles-gpt", folder=tmp_path / "first")
    train(
        "smiles-gpt",
        tmp_path / "molecules.npz",
        tmp_path / "two",
        config,
        checkpoints=tmp_path / "second",
        start=tmp_path / "first",
    )
    ended = load_checkpoint("smiles-gpt", folder=tmp_path / "second")
    assert ended.config["conditions"] == begun.config["conditions"]
    assert ended.config["trained"]["epoch"] == 2
    assert ended.config["trained"]["continued from epoch"] == 1
    for key, value in begun.weights.items():
        assert torch.allclose(ended.weights[key], value, atol=2e-3), key


def test_only_the_smiles_generator_begins_from_other_weights(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--start"):
        train("crystal-gpt", tmp_path, tmp_path, TrainingConfig(), start=tmp_path)
