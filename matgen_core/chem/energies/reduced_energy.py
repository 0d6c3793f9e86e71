"""CHGNet's energy of crystals on reduced graphs, and its slope along the free numbers; many crystals in one pass.

The network and its weights are CHGNet 0.3.0's own (Deng et al. 2023). Where CHGNet sums over bonds or angles, each
class is weighted with its size (:mod:`.reduced_graph`). Magnetic moments are not computed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.energies.chgnet import DENSEST, load_chgnet, one_thread
from matgen_core.chem.energies.free_parameters import FreeCrystal, free_crystal
from matgen_core.chem.energies.reduced_graph import ReducedGraph, reduce_graph
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.records import Crystal

Array = NDArray[np.float64]
#: Atoms in the primitive cell that are taken at most.
MOST_ATOMS = 200
#: Å; atoms nearer than this overlap.
_OVERLAP = 0.5
#: CHGNet's table of elements ends with Pu.
_LAST_ELEMENT = 94
#: Directed bonds and angles in one pass: what a laptop's memory holds with all that the slope needs.
_MOST_ROWS = 40_000
#: Crystals in one pass.
_BATCH = 16


@dataclass(frozen=True)
class Place:
    """A crystal at some value of its free numbers.

    Args:
        free: the crystal.
        graph: its reduced graph, built here or near.
        parameters: (F + K,) free coordinates, then amounts of the strains.
    """

    free: FreeCrystal
    graph: ReducedGraph
    parameters: Array

    @property
    def coordinates(self) -> Array:
        """(F,) free coordinates."""
        return self.parameters[: len(self.free.coordinates)]

    @property
    def lattice(self) -> Array:
        """(3, 3) conventional cell, rows, Å."""
        return self.free.strained(self.parameters[len(self.free.coordinates) :])


def measure(places: Sequence[Place], slopes: bool = True) -> tuple[Array, list[Array]]:
    """Energy of each crystal (N,), eV per primitive cell, and its slope (F + K,) along the free numbers.

    Args:
        places: crystals, in order; neighbours share a pass as far as memory allows.
        slopes: whether slopes are computed; without, the list is empty.
    """
    values, found, first, rows = [np.zeros(0)], list[Array](), 0, 0
    for number, place in enumerate(places):
        size = len(place.graph.center) + len(place.graph.angle_center)
        if number > first and rows + size > _MOST_ROWS:
            energies, parts = _measure(places[first:number], slopes)
            values.append(energies)
            found, first, rows = found + parts, number, 0
        rows += size
    if len(places):
        energies, parts = _measure(places[first:], slopes)
        values.append(energies)
        found += parts
    return np.concatenate(values), found


def _measure(places: Sequence[Place], slopes: bool) -> tuple[Array, list[Array]]:
    fractions = [place.graph.arms(place.coordinates) for place in places]
    arms = [rows @ place.lattice for rows, place in zip(fractions, places, strict=True)]
    vectors = torch.from_numpy(np.concatenate(arms)).float().requires_grad_(slopes)
    batch = _join([place.graph for place in places])
    with one_thread(), torch.set_grad_enabled(slopes):
        energies = _energies(load_chgnet(), batch, vectors)
        values = energies.detach().double().numpy()
        if not slopes:
            return values, []
        (gradient,) = torch.autograd.grad(energies.sum(), vectors)
    parts = np.split(gradient.double().numpy(), np.cumsum([len(a) for a in arms])[:-1])
    return values, [_slope(*row) for row in zip(places, fractions, parts, strict=True)]


def check_atoms(free: FreeCrystal) -> ReducedGraph:
    """The reduced graph of a crystal as it is.

    Raises:
        BadInput: for one that CHGNet cannot take, with the reason.
    """
    atoms = int(free.counts.sum())
    if atoms > MOST_ATOMS:
        raise BadInput(
            "its primitive cell has {atoms} atoms; give one with at most {most}", atoms=atoms, most=MOST_ATOMS
        )
    unknown = [s.element for s, z in zip(free.crystal.sites, free.numbers, strict=True) if z > _LAST_ELEMENT]
    if unknown:
        raise BadInput("CHGNet was not trained on {element}; use elements from H to Pu", element=unknown[0])
    volume = abs(float(np.linalg.det(free.group.primitive @ free.lattice))) / atoms
    if not volume >= DENSEST:  # written so that NaN is refused, too
        raise BadInput("too dense for CHGNet ({volume:.2g} Å³ per atom)", volume=volume)
    graph = reduce_graph(free, free.coordinates, free.lattice)
    if not len(graph.center):
        raise BadInput("atoms are too far apart for CHGNet")
    shortest = float(np.linalg.norm(graph.arms(free.coordinates) @ free.lattice, axis=1).min())
    if shortest < _OVERLAP:
        raise BadInput("atoms overlap ({shortest:.2f} Å apart)", shortest=shortest)
    return graph


def measure_crystals(
    crystals: Sequence[Crystal], cancelled: Callable[[], bool] | None = None
) -> list[float | BadInput]:
    """CHGNet's energy of each crystal, eV/atom, without slopes; where it cannot be read, the error that says why.

    Args:
        crystals: any number.
        cancelled: asked before each pass.

    Raises:
        Cancelled: where ``cancelled`` said so.
    """
    found: list[float | BadInput] = []
    for first in range(0, len(crystals), _BATCH):
        if cancelled and cancelled():
            raise Cancelled
        part: list[Place | BadInput] = []
        for crystal in crystals[first : first + _BATCH]:
            try:
                free = free_crystal(crystal)
                start = np.concatenate([free.coordinates, np.zeros(len(free.strains))])
                part.append(Place(free, check_atoms(free), start))
            except ValueError as error:  # of BadInput, and of cells that numpy or pymatgen cannot take
                part.append(error if isinstance(error, BadInput) else BadInput(str(error)))
        energies = iter(measure([p for p in part if isinstance(p, Place)], slopes=False)[0].tolist())
        found += [next(energies) / int(p.free.counts.sum()) if isinstance(p, Place) else p for p in part]
    return found


def _slope(place: Place, fractions: Array, gradient: Array) -> Array:
    """Chain rule: an arm is (linear @ coordinates + offset) @ cell, and the cell is reference @ (1 + strains)."""
    along = np.einsum("vif,vi->f", place.graph.linear, gradient @ place.lattice.T)
    stretch = (fractions @ place.free.lattice).T @ gradient
    return np.concatenate([along, np.tensordot(place.free.strains, stretch, axes=2)])


@dataclass(frozen=True)
class _Batch:
    """Reduced graphs joined; fields as in :class:`ReducedGraph`."""

    numbers: Tensor
    counts: Tensor
    owner: Tensor
    center: Tensor
    neighbour: Tensor
    bond: Tensor
    times: Tensor
    directed: Tensor
    angle_center: Tensor
    angle_bonds: Tensor
    angle_arms: Tensor
    angle_times: Tensor
    crystals: int


def _join(graphs: Sequence[ReducedGraph]) -> _Batch:
    sizes = np.array([(len(g.numbers), len(g.directed), len(g.offset)) for g in graphs])
    atoms, bonds, arms = (np.cumsum(sizes, axis=0) - sizes).T

    def join(name: str, starts: NDArray[np.int64] | None = None) -> Tensor:
        parts = [getattr(graph, name) for graph in graphs]
        if starts is not None:
            parts = [part + start for part, start in zip(parts, starts, strict=True)]
        return torch.from_numpy(np.concatenate(parts))

    return _Batch(
        numbers=join("numbers"),
        counts=join("counts").float(),
        owner=torch.from_numpy(np.repeat(np.arange(len(graphs)), sizes[:, 0])),
        center=join("center", atoms),
        neighbour=join("neighbour", atoms),
        bond=join("bond", bonds),
        times=join("times").float()[:, None],
        directed=join("directed", arms),
        angle_center=join("angle_center", atoms),
        angle_bonds=join("angle_bonds", bonds),
        angle_arms=join("angle_arms", arms),
        angle_times=join("angle_times").float()[:, None],
        crystals=len(graphs),
    )


def _energies(model: Any, batch: _Batch, vectors: Tensor) -> Tensor:
    """(crystals,) energies, eV per primitive cell."""
    expand = model.bond_basis_expansion
    lengths = vectors[batch.directed].norm(dim=1)
    far, near = expand.rbf_expansion_ag(lengths), expand.rbf_expansion_bg(lengths)
    atoms = model.atom_embedding(batch.numbers - 1)
    bonds = model.bond_embedding(far)
    weights, angle_weights = model.bond_weights_ag(far), model.bond_weights_bg(near)
    first, second = batch.angle_bonds.T
    angle_weights = angle_weights[first] * angle_weights[second] * batch.angle_times
    arms = torch.nn.functional.normalize(vectors, dim=1)
    angles = model.angle_embedding(model.angle_basis_expansion(*arms[batch.angle_arms].unbind(dim=1)))
    for layer, atom_layer in enumerate(model.atom_conv_layers):
        around = torch.cat([atoms[batch.center], bonds[batch.bond], atoms[batch.neighbour]], dim=1)
        messages = atom_layer.twoBody_atom(around) * weights[batch.bond] * batch.times
        atoms = atoms + atom_layer.mlp_out(torch.zeros_like(atoms).index_add(0, batch.center, messages))
        if layer == len(model.atom_conv_layers) - 1 or not len(angles):
            continue
        bond_layer, angle_layer = model.bond_conv_layers[layer], model.angle_layers[layer]
        corner = atoms[batch.angle_center]
        around = torch.cat([bonds[first], bonds[second], angles, corner], dim=1)
        messages = bond_layer.twoBody_bond(around) * angle_weights
        bonds = bonds + bond_layer.mlp_out(torch.zeros_like(bonds).index_add(0, first, messages))
        around = torch.cat([bonds[first], bonds[second], angles, corner], dim=1)
        angles = angles + angle_layer.twoBody_bond(around)
    each = model.mlp(model.readout_norm(atoms))[:, 0] + model.composition_model.fc.weight[0, batch.numbers - 1]
    return torch.zeros(batch.crystals).index_add(0, batch.owner, each * batch.counts)
