"""A vasprun.xml as VASP writes it, as far as a finished static calculation of two ions needs it."""

from __future__ import annotations

from pymatgen.core import Structure
from pymatgen.io.vasp.sets import MPRelaxSet


def write_vasprun(structure: Structure, energy: float, gap: float = 1.0, steps: int = 5, functional: str = "--") -> str:
    """A finished calculation; 60 ``steps`` are one that did not converge. ``energy`` in eV a cell."""
    symbols = [site.specie.symbol for site in structure]
    kinds = sorted(set(symbols), key=symbols.index)
    atoms = "".join(f"<rc><c>{s:2}</c><c>{kinds.index(s) + 1:4}</c></rc>" for s in symbols)
    potentials = dict(zip(MPRelaxSet(structure).poscar.site_symbols, MPRelaxSet(structure).potcar_symbols, strict=True))
    titles = "".join(
        f"<rc><c>{symbols.count(k):4}</c><c>{k:2}</c><c>1.0</c><c>1.0</c><c>PAW_PBE {potentials[k]} 06Sep2000</c></rc>"
        for k in kinds
    )
    lattice = "".join("<v>" + " ".join(f"{x:.8f}" for x in row) + "</v>" for row in structure.lattice.matrix)
    places = "".join("<v>" + " ".join(f"{x:.8f}" for x in site.frac_coords) + "</v>" for site in structure)
    cell = (
        f'<crystal><varray name="basis">{lattice}</varray><i name="volume">{structure.volume:.6f}</i>'
        f'<varray name="rec_basis">{lattice}</varray></crystal><varray name="positions">{places}</varray>'
    )
    energies = f'<i name="e_fr_energy">{energy}</i><i name="e_wo_entrp">{energy}</i><i name="e_0_energy">{energy}</i>'
    electronic = f"<scstep><energy>{energies}</energy></scstep>" * steps
    bands = f"<r>-1.0 1.0</r><r>{gap - 1.0} 0.0</r>"
    settings = (
        '<i type="string" name="ALGO">Fast</i><i type="int" name="NSW">0</i><i name="ENCUT">520.0</i>'
        '<i type="int" name="NELM">60</i><i type="int" name="IBRION">-1</i><i type="int" name="ISPIN">1</i>'
    )
    return f"""<?xml version="1.0" encoding="ISO-8859-1"?>
<modeling>
<generator><i name="program" type="string">vasp</i><i name="version" type="string">6.3.2</i>
<i name="date" type="string">2026 11 26</i><i name="time" type="string">10:00:00</i></generator>
<incar>{settings}</incar>
<kpoints><generation param="Gamma"><v type="int" name="divisions">1 1 1</v><v name="usershift">0 0 0</v></generation>
<varray name="kpointlist"><v>0 0 0</v></varray><varray name="weights"><v>1.0</v></varray></kpoints>
<parameters><separator name="electronic">{settings}<i name="NELECT">8.0</i><i name="EDIFF">1e-5</i></separator>
<separator name="ionic"><i type="int" name="NSW">0</i></separator><i type="logical" name="LDAU">F</i>
<i type="int" name="ISIF">2</i><i type="logical" name="LHFCALC">F</i><i name="AEXX">0.0</i><i name="HFSCREEN">0.0</i>
<i type="string" name="GGA">{functional}</i><i type="int" name="NELMDL">-5</i></parameters>
<atominfo><atoms>{len(symbols)}</atoms><types>{len(kinds)}</types>
<array name="atoms"><set>{atoms}</set></array><array name="atomtypes"><set>{titles}</set></array></atominfo>
<structure name="initialpos">{cell}</structure>
<calculation>{electronic}<structure>{cell}</structure><energy>{energies}</energy>
<eigenvalues><array><set><set comment="spin 1"><set comment="kpoint 1">{bands}</set></set></set></array></eigenvalues>
<dos><i name="efermi">{gap / 2 - 1.0}</i></dos></calculation>
<structure name="finalpos">{cell}</structure>
</modeling>
"""
