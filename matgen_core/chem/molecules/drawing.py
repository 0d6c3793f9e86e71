"""Molecules for the eye: flat drawings as SVG, and three-dimensional conformers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor, rdDistGeom, rdForceFieldHelpers
from rdkit.Chem.Draw import rdMolDraw2D

from matgen_core.chem.molecules.molecule import parse

#: Element colours that can be read on light and dark alike; carbon takes the ink's.
_COLOURS = {
    7: (0.22, 0.47, 0.95),
    8: (0.89, 0.30, 0.26),
    9: (0.16, 0.62, 0.40),
    16: (0.75, 0.57, 0.10),
    17: (0.16, 0.62, 0.40),
    35: (0.68, 0.38, 0.20),
}
_INK = "#000000"


def draw(smiles: str, width: int = 220, height: int = 150, highlight: str = "", ink: str = "currentColor") -> str:
    """An SVG of the molecule, with a SMARTS marked where it occurs; empty where the string is no molecule.

    Args:
        smiles: the molecule.
        width: pixels.
        height: pixels.
        highlight: SMARTS; nothing is marked if empty.
        ink: colour of carbon and bonds.

    >>> draw("CCO").startswith("<svg")
    True
    """
    molecule = parse(smiles)
    if molecule is None:
        return ""
    rdDepictor.SetPreferCoordGen(False)
    rdDepictor.Compute2DCoords(molecule)
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options: Any = drawer.drawOptions()
    options.clearBackground = False
    options.padding = 0.06
    options.fixedBondLength = 22.0
    options.updateAtomPalette({-1: (0.0, 0.0, 0.0), 6: (0.0, 0.0, 0.0), **_COLOURS})
    options.setHighlightColour((0.16, 0.62, 0.56, 0.35))
    pattern = Chem.MolFromSmarts(highlight) if highlight else None
    atoms = list(molecule.GetSubstructMatch(pattern)) if pattern is not None else []
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule, highlightAtoms=atoms)
    drawer.FinishDrawing()
    text = str(drawer.GetDrawingText())
    return text[text.index("<svg") :].replace(_INK, ink)


def draw_weights(smiles: str, weights: Sequence[float], ink: str = "currentColor") -> str:
    """An SVG of the molecule with a disc on each atom, the darker the larger its weight; empty where it is no molecule.

    Args:
        smiles: the molecule.
        weights: one an atom in the string's order, from 0 to 1, which is full dark in every drawing.
        ink: colour of carbon and bonds.
    """
    molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or molecule.GetNumAtoms() != len(weights):
        return ""
    rdDepictor.Compute2DCoords(molecule)
    drawer = rdMolDraw2D.MolDraw2DSVG(420, 260)
    options: Any = drawer.drawOptions()
    options.clearBackground = False
    options.updateAtomPalette({-1: (0.0, 0.0, 0.0), 6: (0.0, 0.0, 0.0), **_COLOURS})
    colours = {i: (0.16, 0.62, 0.56, 0.75 * min(1.0, w)) for i, w in enumerate(weights)}
    rdMolDraw2D.PrepareAndDrawMolecule(
        drawer,
        molecule,
        highlightAtoms=list(colours),
        highlightAtomColors=colours,
        highlightAtomRadii=dict.fromkeys(colours, 0.45),
        highlightBonds=[],
    )
    drawer.FinishDrawing()
    text = str(drawer.GetDrawingText())
    return text[text.index("<svg") :].replace(_INK, ink)


#: Heavy atoms that are embedded at most, and seconds that it may take.
_MOST_EMBEDDED, _SECONDS = 150, 10


@dataclass(frozen=True)
class Conformer:
    """One shape of a molecule in space, with its hydrogens.

    Args:
        symbols: element of each atom.
        positions: (N, 3) Å.
        bonds: (first atom, second atom, order 1, 2 or 3; 1.5 where aromatic).
        block: the same as a mol block, for files.
    """

    symbols: tuple[str, ...]
    positions: NDArray[np.float64]
    bonds: tuple[tuple[int, int, float], ...]
    block: str


def embed(smiles: str, seed: int = 0) -> Conformer | None:
    """A conformer by ETKDG v3, relaxed with MMFF94 (Riniker & Landrum 2015).

    None where none was found within the time, or the molecule is too large to look for one.
    """
    molecule = parse(smiles)
    if molecule is None or molecule.GetNumAtoms() > _MOST_EMBEDDED:
        return None
    full = Chem.AddHs(molecule)
    parameters: Any = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    parameters.maxIterations = 50
    parameters.timeout = _SECONDS
    with rdBase.BlockLogs():
        if rdDistGeom.EmbedMolecule(full, parameters) < 0:
            return None
        if rdForceFieldHelpers.MMFFHasAllMoleculeParams(full):
            rdForceFieldHelpers.MMFFOptimizeMolecule(full)
    symbols = tuple(atom.GetSymbol() for atom in full.GetAtoms())
    bonds = tuple((b.GetBeginAtomIdx(), b.GetEndAtomIdx(), b.GetBondTypeAsDouble()) for b in full.GetBonds())
    # In space a centre that is not specified has a configuration, too, which none asked for.
    block = _block(full, absolute=not _centres(molecule, specified=False))
    return Conformer(symbols, np.asarray(full.GetConformer().GetPositions()), bonds, block)


def flat_block(smiles: str) -> str:
    """A mol block with flat coordinates; empty where the string is no molecule."""
    molecule = parse(smiles)
    if molecule is None:
        return ""
    rdDepictor.Compute2DCoords(molecule)
    return _block(molecule, absolute=True)


def _centres(molecule: Chem.Mol, *, specified: bool) -> bool:
    """Whether the molecule has stereocentres with, or without, a configuration."""
    found = [one for one in Chem.FindPotentialStereo(molecule) if one.type == Chem.StereoType.Atom_Tetrahedral]
    return any((one.specified == Chem.StereoSpecified.Specified) is specified for one in found)


def _block(molecule: Chem.Mol, *, absolute: bool) -> str:
    """A mol block whose chiral flag says that its configurations are absolute.

    Without the flag OpenChemLib, with which DataWarrior reads files, takes one enantiomer for the racemate (CTfile
    formats, BIOVIA 2020).
    """
    if absolute and _centres(molecule, specified=True):
        molecule.SetIntProp("_MolFileChiralFlag", 1)
    return str(Chem.MolToMolBlock(molecule))
