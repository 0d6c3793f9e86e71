"""The networks that ``matgen train NAME`` trains, by name: what each takes, and where its training is written.

Adding a network: its module in this folder, and its record here. Nothing heavy is imported before a recipe is run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matgen_core.core.errors import BadInput
from matgen_core.core.registry import Registry, load
from matgen_core.learning.job import TrainingJob

if TYPE_CHECKING:
    from matgen_core.learning.trainer import Recipe, TrainingConfig

_HERE = "matgen_core.learning.recipes"
_CRYSTALS = "matgen_core.kinds.crystals.known.rows:load_rows"
_FORMULAS = "matgen_core.kinds.compositions.rows:load_formula_rows"


@dataclass(frozen=True, slots=True)
class RecipeRecord:
    """How one network is trained: ``build`` makes a training of opened rows, or ``run`` does the whole work.

    Args:
        source: the file that it learns from.
        rows: "module:function" that opens that file for ``build``.
        build: "module:function" (rows, *checkpoints of ``needs``, folder, training) ->
            :class:`matgen_core.learning.trainer.Recipe`.
        needs: names of checkpoints that must have been trained before.
        run: "module:function" (:class:`matgen_core.learning.job.TrainingJob`) -> path of the checkpoint, for a
            training of several stages.
        starts: whether ``run`` can begin from other weights, the job's ``start``.
    """

    source: str
    rows: str = ""
    build: str = ""
    needs: tuple[str, ...] = ()
    run: str = ""
    starts: bool = False


RECIPES = Registry[RecipeRecord]("recipe")
for _name in ("gpt", "proposal", "geometry"):
    RECIPES.add(
        f"crystal-{_name}", RecipeRecord("crystals.npz", rows=_CRYSTALS, build=f"{_HERE}.crystals:crystal_{_name}")
    )
RECIPES.add("crystal-vae", RecipeRecord("crystals.npz", rows=_CRYSTALS, build=f"{_HERE}.latents:crystal_vae"))
RECIPES.add(
    "crystal-diffusion",
    RecipeRecord("crystals.npz", rows=_CRYSTALS, build=f"{_HERE}.latents:crystal_diffusion", needs=("crystal-vae",)),
)
RECIPES.add(
    "skeleton-critic",
    RecipeRecord("crystals.npz, with formulas.csv.gz beside it", run=f"{_HERE}.critic:train_critic"),
)
RECIPES.add(
    "crystal-gap",
    RecipeRecord("crystals.npz, with formulas.csv.gz beside it", run=f"{_HERE}.crystal_gap:train_crystal_gap"),
)
RECIPES.add("smiles-gpt", RecipeRecord("molecules.npz", run=f"{_HERE}.smiles:train_smiles", starts=True))
RECIPES.add("smiles-bert", RecipeRecord("molecules.npz", run=f"{_HERE}.encoder:train_encoder"))
RECIPES.add("matbert", RecipeRecord("formulas.csv.gz", run=f"{_HERE}.matbert:train_matbert"))
RECIPES.add("matbert-atoms", RecipeRecord("formulas.csv.gz", run=f"{_HERE}.matbert:train_atoms"))
RECIPES.add("matbert-formulas", RecipeRecord("formulas.csv.gz", run=f"{_HERE}.matbert:train_formulas"))
RECIPES.add("matgpt", RecipeRecord("formulas.csv.gz", rows=_FORMULAS, build=f"{_HERE}.matgpt:matgpt"))
RECIPES.add("measured-gap", RecipeRecord("CSV of formula and target", run=f"{_HERE}.measured_gap:train_measured_gap"))


def train(
    name: str,
    source: Path,
    folder: Path,
    training: TrainingConfig,
    *,
    checkpoints: Path | None = None,
    start: Path | None = None,
    on_epoch: Callable[[int, dict[str, float]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Path:
    """Trains one network, or goes on where ``folder`` stopped, and writes its checkpoint.

    Args:
        name: one of RECIPES.
        source: the file that its record names.
        folder: of the training's state.
        training: how long and how fast.
        checkpoints: where the checkpoint goes; those that it needs are looked for there first, then among the shipped
            ones. None for the shipped ones' folder.
        start: folder of checkpoints to begin from instead of from chance, where the recipe can.
        on_epoch: called after each epoch with its figures.
        cancelled: asked at every step.

    Raises:
        BadInput: for an unknown name or unusable rows.
        UnknownCheckpoint: where a checkpoint that it needs is not there.
    """
    from matgen_core.learning.checkpoints import FOLDER, available, load_checkpoint, save_checkpoint

    record, checkpoints = RECIPES[name], checkpoints or FOLDER
    if start is not None and not record.starts:
        able = ", ".join(name for name, record in RECIPES.items() if record.starts)
        raise BadInput(
            "{name!r} cannot begin from other weights, only {able} can; leave --start out", name=name, able=able
        )
    job = TrainingJob(source, folder, training, checkpoints, start, on_epoch, cancelled)
    if record.run:
        path: Path = load(record.run)(job)
        return path
    there = available(checkpoints)
    needed = [load_checkpoint(part, folder=checkpoints if part in there else FOLDER) for part in record.needs]
    recipe: Recipe = load(record.build)(load(record.rows)(source), *needed, folder, training)
    weights = job.run(recipe.trainer)
    config = {**recipe.config, "trained": recipe.trainer.summary()}
    return save_checkpoint(name, weights, config, folder=checkpoints)
