"""Relaxation in the free numbers of the symmetry, by CHGNet and a quasi-Newton search; many crystals in one pass.

One long file: the search, its steps and its stops use one state, and are read together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, wait
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.scene import covalent_radius
from matgen_core.chem.crystals.structure import from_structure, to_structure
from matgen_core.chem.energies.chgnet import DENSEST
from matgen_core.chem.energies.free_parameters import FreeCrystal, free_crystal
from matgen_core.chem.energies.quasi_newton import Search, model_hessian
from matgen_core.chem.energies.reduced_energy import Place, check_atoms, measure
from matgen_core.chem.energies.reduced_graph import ReducedGraph, reduce_graph, still_holds
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message, Text
from matgen_core.core.records import Crystal

Array = NDArray[np.float64]

#: eV/Å, and eV an atom for the cell; below it a crystal is at rest. As for the relaxation without symmetry.
FORCE = 0.05
#: eV an atom that the search still expects to win; below it a crystal is at rest, too.
GAIN = 2e-4
STEPS = 40
#: Steps after which a crystal far above its bound is given up.
PATIENCE = 5
#: A cell that grows or shrinks by more than this factor has flown apart or collapsed.
LARGEST_CHANGE = 2.0
#: Bonds below this share of the sum of covalent radii are not tried: the network has seen none so short.
_SHORTEST = 0.6
#: Crystals in one pass. Fixed, so that a result does not depend on how many processes share the work.
BATCH = 16
#: Å; tolerance with which the space group is read again.
_TOLERANCES = (0.01, 0.001)


@dataclass(frozen=True)
class RelaxedCrystal:
    """How the relaxation of one crystal ended.

    Args:
        crystal: the relaxed one, its space group read again; None where it failed.
        energy: CHGNet's, eV/atom; None where it failed.
        before: CHGNet's energy of the crystal as it came, eV/atom.
        steps: energies with slopes that were computed.
        converged: whether it is at rest.
        reason: why it failed, or stopped before it was at rest; empty otherwise.
        space_group: it was relaxed in.
        placed: the relaxed one in the setting it came in; None where it failed.
        force: largest force on an atom (eV/Å) or, an atom, on the cell (eV) at the end.
    """

    crystal: Crystal | None
    energy: float | None = None
    before: float | None = None
    steps: int = 0
    converged: bool = False
    reason: Text = ""
    space_group: int = 0
    placed: Crystal | None = None
    force: float | None = None

    @property
    def regrouped(self) -> bool:
        """Whether the space group read afterwards is another than the one it was relaxed in."""
        return self.crystal is not None and self.crystal.space_group != self.space_group


def relax_symmetric(
    crystals: Sequence[Crystal],
    *,
    steps: int = STEPS,
    bounds: Sequence[float | None] | None = None,
    precision: float = GAIN,
    cancelled: Callable[[], bool] | None = None,
    on_result: Callable[[int, RelaxedCrystal], None] | None = None,
    on_step: Callable[[int], None] | None = None,
    executor: Executor | None = None,
) -> list[RelaxedCrystal]:
    """Relaxes crystals; one that cannot be relaxed says why and stops no other.

    Args:
        crystals: any number.
        steps: energies with slopes for each, at most.
        bounds: CHGNet's energy (eV/atom) above which a crystal is given up once PATIENCE steps are done and the
            model does not expect it to come below; None for one that is never given up.
        precision: eV/atom that a crystal at rest may still win.
        cancelled: asked before each step; once it says yes, what was relaxed so far comes back, and the others with
            the reason that they were not begun.
        on_result: called with the number of a crystal and its result as soon as it ended.
        on_step: called after each step of a batch with its number; not with an executor.
        executor: shares the batches; the results do not depend on it. None: this process computes.
    """
    limits = list(bounds) if bounds is not None else [None] * len(crystals)
    tasks = [
        _Task(first, crystals[first : first + BATCH], limits[first : first + BATCH], steps, precision)
        for first in range(0, len(crystals), BATCH)
    ]
    found = [
        RelaxedCrystal(None, reason=Message("not started: the run was stopped"), space_group=c.space_group)
        for c in crystals
    ]

    def keep(number: int, result: RelaxedCrystal) -> None:
        found[number] = result
        if on_result:
            on_result(number, result)

    if executor is not None:
        for number, result in _gather(executor, tasks, cancelled):
            keep(number, result)
        return found
    for task in tasks:
        if cancelled and cancelled():
            break
        _relax_batch(task, keep, cancelled, on_step)
    return found


@dataclass(frozen=True)
class _Task:
    """One batch: number of its first crystal, crystals, bounds, most steps, precision."""

    first: int
    crystals: Sequence[Crystal]
    bounds: Sequence[float | None]
    steps: int
    precision: float


def _gather(
    executor: Executor, tasks: Sequence[_Task], cancelled: Callable[[], bool] | None
) -> Iterator[tuple[int, RelaxedCrystal]]:
    """Results as batches finish; once cancelled, batches that have not begun are left."""
    waiting: set[Future[list[RelaxedCrystal]]] = set()
    firsts: dict[Future[list[RelaxedCrystal]], int] = {}
    for task in tasks:
        future = executor.submit(relax_batch, task)
        waiting.add(future)
        firsts[future] = task.first
    while waiting:
        if cancelled and cancelled():
            waiting = {future for future in waiting if not future.cancel()}
        done, waiting = wait(waiting, timeout=0.2)
        for future in done:
            yield from enumerate(future.result(), start=firsts[future])


def relax_batch(task: _Task) -> list[RelaxedCrystal]:
    """One batch in a process of its own, with one thread, as every batch is computed."""
    results: dict[int, RelaxedCrystal] = {}
    _relax_batch(task, results.__setitem__, None)
    return [results[number] for number in sorted(results)]


def _relax_batch(
    task: _Task,
    keep: Callable[[int, RelaxedCrystal], None],
    cancelled: Callable[[], bool] | None,
    on_step: Callable[[int], None] | None = None,
) -> None:
    moving: dict[int, _Run] = {}
    step = 0
    for number, (crystal, bound) in enumerate(zip(task.crystals, task.bounds, strict=True), start=task.first):
        try:
            moving[number] = _begin(crystal, bound)
        except ValueError as error:  # of BadInput, and of cells that numpy or pymatgen cannot take
            keep(number, RelaxedCrystal(None, reason=_words(error), space_group=crystal.space_group))
    while moving and not (cancelled and cancelled()):
        places = {number: run.place() for number, run in moving.items()}
        asked = {number: place for number, place in places.items() if place is not None}
        energies, slopes = measure(list(asked.values())) if asked else (np.zeros(0), [])
        for number, energy, slope in zip(asked, energies.tolist(), slopes, strict=True):
            moving[number].tell(energy, slope, task.steps, task.precision)
        for number in [number for number, run in moving.items() if run.done]:
            keep(number, moving.pop(number).result())
        step += 1
        if on_step:
            on_step(step)
    for number, run in moving.items():
        run.reason = Message("stopped before it converged")
        keep(number, run.result())


def _words(error: ValueError) -> Text:
    return error.message if isinstance(error, BadInput) else str(error)


@dataclass
class _Run:
    """One crystal on its way.

    Args:
        free: the crystal, its free numbers apart.
        graph: where it was built last.
        built: coordinates and cell it was built for.
        radii: (sites,) covalent radii, Å.
        search: among the free numbers.
        bound: eV/atom above which it is given up.
    """

    free: FreeCrystal
    graph: ReducedGraph
    built: tuple[Array, Array]
    radii: Array
    search: Search
    bound: float | None
    before: float | None = None
    converged: bool = False
    done: bool = False
    lost: bool = False
    reason: Text = ""
    closest: float = field(default=0.0)

    @property
    def atoms(self) -> int:
        """Atoms in the primitive cell."""
        return int(self.free.counts.sum())

    def place(self) -> Place | None:
        """Where the energy is to be measured next; None where this step ended it or is not to be tried."""
        proposed = self.search.propose()
        coordinates, strain = np.split(proposed, [len(self.free.coordinates)])
        lattice = self.free.strained(strain)
        change = float(np.linalg.det(lattice) / np.linalg.det(self.free.lattice))
        volume = abs(float(np.linalg.det(self.free.group.primitive @ lattice))) / self.atoms
        if not 1 / LARGEST_CHANGE < change < LARGEST_CHANGE or volume < DENSEST:
            self.search.refuse()
            if not self.search.stuck:  # a shorter step may stay within what can be
                return None
            if change > 1:
                reason = Message("it falls apart: its cell grew to {change:.2g} times its volume", change=change)
            else:
                reason = Message("it collapses: its cell shrank to {change:.2g} times its volume", change=change)
            self._lose(reason)
            return None
        if not still_holds(self.free, self.built, (coordinates, lattice)):
            self.graph, self.built = reduce_graph(self.free, coordinates, lattice), (coordinates, lattice)
        if not len(self.graph.center):
            self._lose(Message("it falls apart: its atoms are too far from each other for CHGNet"))
            return None
        near = _closeness(self.graph, coordinates, lattice, self.radii)
        if self.before is not None and near < _SHORTEST and near < self.closest:
            self.search.refuse()
            self._end_if(self.search.stuck)
            return None
        self.closest = near
        return Place(self.free, self.graph, proposed)

    def tell(self, energy: float, slope: Array, steps: int, precision: float) -> None:
        """Takes what was measured, and ends where there is a reason to."""
        self.search.tell(energy, slope)
        if self.before is None:
            self.before = energy / self.atoms
            if not math.isfinite(energy):
                self._lose(Message("CHGNet gave no finite energy"))
                return
        gain = self.search.gain / self.atoms
        # What may still be won falls with the square of the force.
        small = gain < precision or self.force() <= FORCE * math.sqrt(precision / GAIN)
        self._end_if(small or self.search.stuck)
        if self.done:
            return
        if self.search.evaluations >= steps:
            self.done, self.reason = True, Message("not converged after {steps} steps", steps=steps)
        elif self.search.evaluations >= PATIENCE and self._hopeless(gain):
            self.done = True
            self.reason = Message("stopped after {steps} steps: too far above the hull", steps=self.search.evaluations)

    def _hopeless(self, gain: float) -> bool:
        """Whether even twice the gain that the model expects leaves it above its bound."""
        return self.bound is not None and self.search.energy / self.atoms - 2 * gain > self.bound

    def _end_if(self, rest: bool) -> None:
        self.converged = self.done = rest

    def _lose(self, reason: Text) -> None:
        self.lost, self.done, self.converged, self.reason = True, True, False, reason

    def force(self) -> float:
        """Largest force on an atom (eV/Å) or, an atom, on the cell (eV)."""
        assert self.search.slope is not None
        slope, strain = np.split(self.search.slope, [len(self.free.coordinates)])
        lattice = self.free.strained(self.search.point[len(self.free.coordinates) :])
        largest, start = float(np.abs(strain).max(initial=0.0)) / self.atoms, 0
        for orbit in self.free.orbits:
            stop = start + orbit.linear.shape[2]
            if stop > start:
                axes = lattice.T @ orbit.linear[0]
                force = axes @ np.linalg.solve(axes.T @ axes, slope[start:stop]) / len(orbit.offset)
                largest = max(largest, float(np.linalg.norm(force)))
            start = stop
        return largest

    def result(self) -> RelaxedCrystal:
        """What came of it."""
        group, steps = self.free.crystal.space_group, self.search.evaluations
        if self.lost or self.before is None:
            return RelaxedCrystal(None, None, self.before, steps, False, self.reason, group)
        placed = self.free.moved(self.search.point)
        try:
            crystal = from_structure(to_structure(placed), _TOLERANCES)
        except BadInput as error:
            return RelaxedCrystal(None, None, self.before, steps, False, error.message, group)
        energy = self.search.energy / self.atoms
        return RelaxedCrystal(
            crystal, energy, self.before, steps, self.converged, self.reason, group, placed, self.force()
        )


def _begin(crystal: Crystal, bound: float | None) -> _Run:
    """A crystal ready to be relaxed.

    Raises:
        BadInput: for one that CHGNet cannot take, with the reason.
    """
    free = free_crystal(crystal)
    graph = check_atoms(free)
    radii = np.array([covalent_radius(site.element) for site in crystal.sites])
    arms = graph.arms(free.coordinates) @ free.lattice
    stretched = np.einsum("vj,kji->vik", arms, free.strains)
    jacobian = np.concatenate([np.einsum("ji,vjf->vif", free.lattice, graph.linear), stretched], axis=2)
    near = len(graph.center)
    times = graph.times * free.counts[graph.center] / 2
    hessian = model_hessian(arms[:near], jacobian[:near], times, radii[graph.center] + radii[graph.neighbour])
    lengths = np.linalg.norm(arms, axis=1)
    start = np.concatenate([free.coordinates, np.zeros(len(free.strains))])
    search = Search(start, hessian, jacobian[lengths < 1.5 * lengths.min()])
    return _Run(free, graph, (free.coordinates, free.lattice), radii, search, bound)


def _closeness(graph: ReducedGraph, coordinates: Array, lattice: Array, radii: Array) -> float:
    """Length of the shortest bond, as a share of the sum of the covalent radii of its elements."""
    lengths = np.linalg.norm(graph.arms(coordinates)[: len(graph.center)] @ lattice, axis=1)
    return float((lengths / (radii[graph.center] + radii[graph.neighbour])).min())
