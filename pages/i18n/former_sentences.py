"""Sentences that runs of former versions hold, by the sentence that the catalogues have in their place now.

A run keeps its verdicts and notes as templates with values. Where the words of a template change, its placeholders
stay, so that an older run is still read in every language: add the former sentence here.
"""

from __future__ import annotations

#: The sentence of today by the former one.
FORMER: dict[str, str] = {
    "has {pattern}": "contains {pattern}",
    "lacks {pattern}": "does not contain {pattern}",
    "SMACT cannot judge {formula}": "SMACT cannot check {formula}",
    "no neutral combination": "no charge-neutral combination",
    "no {include}": "does not contain {include}",
    "has {exclude}": "contains {exclude}",
    "not {chemical_system}": "outside the chemical system {chemical_system}",
    "a neutral combination for {formula}": "charge-neutral combination for {formula}",
    "no neutral combination for {formula}": "no charge-neutral combination for {formula}",
    "shortest: {pair}": "shortest distance: {pair}",
    "no price of {elements} is known": "the price of {elements} is not known",
    "no HHI of {elements} is known": "the HHI of {elements} is not known",
    "no HHI of the reserves of {elements} is known": "the HHI of the reserves of {elements} is not known",
    "how much {elements} the crust holds is not known": "the crustal abundance of {elements} is not known",
    "{odd} is no part of SMILES": "{odd} cannot be part of SMILES",
    "it has {pieces} pieces, as a salt or a solvate has; the models read one molecule, so give one piece": (
        "it has {pieces} separate parts, like a salt or a solvate; the models take one molecule, so give one part"
    ),
    "it holds {odd}": "it contains {odd}",
    "it has a bond of any kind (~); write the bond": "it has a bond of unspecified order (~); write its order",
    "too dense for {model} ({volume:.2g} Å³ an atom)": "too dense for {model} ({volume:.2g} Å³ per atom)",
    "{model} does not know {elements}": "{model} was not trained on {elements}",
    "only {known} known formulas of these elements, so the hull may be too shallow": (
        "only {known} known formulas of these elements: the energy above hull may be underestimated"
    ),
    "no known formula of these elements, so the hull may be too shallow": (
        "no known formula of these elements: the energy above hull may be underestimated"
    ),
    "only 1 known formula of these elements, so the hull may be too shallow": (
        "only 1 known formula of these elements: the energy above hull may be underestimated"
    ),
    "no known phase holds {names} together with another of these elements, so the hull is not known": (
        "no known phase contains {names} together with another of these elements, so the hull is unknown"
    ),
    "against the ground state of the element": "relative to the ground state of the element",
    "{own} is a phase of the known hull, and this prediction lies above it": (
        "{own} lies on the known hull, and this prediction lies above it"
    ),
    "decomposes to {products}": "decomposes into {products}",
    "not above any mixture of known phases": "not above the hull of the known phases",
    "stopped before it was at rest": "stopped before it converged",
    "not begun: the run was stopped": "not started: the run was stopped",
    "it flies apart: its cell became {change:.2g} times as large": (
        "it falls apart: its cell grew to {change:.2g} times its volume"
    ),
    "it collapses: its cell became {change:.2g} times as large": (
        "it collapses: its cell shrank to {change:.2g} times its volume"
    ),
    "it flies apart: its atoms are too far apart for CHGNet": (
        "it falls apart: its atoms are too far from each other for CHGNet"
    ),
    "not at rest after {steps} steps": "not converged after {steps} steps",
    "given up after {steps} steps: too far above the hull": ("stopped after {steps} steps: too far above the hull"),
    "{short} has two columns of one name; the first is used": (
        "{short} has two columns with the same name; the first is used"
    ),
    "the cell says {written}, the column {unit}; the cell's was taken": (
        "the cell gives the unit {written}, the column {unit}; the cell's unit is used"
    ),
    "the network knows amounts only coarsely: of {scarce} there is less than 2 % of the atoms": (
        "less than 2 % of the atoms are {scarce}, and the network distinguishes amounts only coarsely"
    ),
    "{method}, against the known hull": "{method}, relative to the known hull",
    "from the formation energy read, so as unsure as that": (
        "from the predicted formation energy, with the same uncertainty"
    ),
    "{model} alone: not judged, since it reads {value:.3f} eV/atom above the hull": (
        "{model} only: not judged by a second model, because {model} predicts {value:.3f} eV/atom above the hull"
    ),
    "{model} alone: no second model judged": "{model} only: not judged by a second model",
    "{model} alone: {note}": "{model} only: {note}",
    "as {formula}; {times:,} known crystals have this type": (
        "same type as {formula}; {times:,} known crystals have it"
    ),
    "{source}: values of its own are {map}": "{source}: values taken from the table: {map}",
    "{pairs} {distances:.2f} Å; nearest in known crystals {usual:.2f} Å": (
        "{pairs} {distances:.2f} Å; shortest in known crystals {usual:.2f} Å"
    ),
    "{density:.2f} g/cm³, {volume:.1f} Å³ an atom, {ratio:.2f} of what known crystals of these elements take": (
        "{density:.2f} g/cm³, {volume:.1f} Å³ per atom, {ratio:.2f} times the volume in known crystals of "
        "these elements"
    ),
    "{read}, asked for {low:g}{slack}{unit}": "{read}; target {low:g}{slack}{unit}",
    "{read}, asked for at most {high:g}{unit}": "{read}; target at most {high:g}{unit}",
    "{read}, asked for at least {low:g}{unit}": "{read}; target at least {low:g}{unit}",
    "{read}, asked for {low:g} to {high:g}{unit}": "{read}; target {low:g} to {high:g}{unit}",
    "no reading": "no prediction",
    "{value:.3g}{unit} by the table of known phases": "{value:.3g}{unit} from the table of known phases",
    (
        "{label}: generation is not told of it, since the networks were not trained on it; the target "
        "filters and ranks what is generated"
    ): (
        "{label}: the networks were not trained on it, so generation is not conditioned on it; the target "
        "only filters and ranks candidates"
    ),
    "not known: the training data leave out the 4f moments of {frozen}; without them {prediction:.2f} {unit}": (
        "unknown: the training data leave out the 4f moments of {frozen}; without them {prediction:.2f} {unit}"
    ),
    "{method} against the known hull": "{method}, relative to the known hull",
    (
        "not compared with all: unlike each structure of {formula} in the reference ({n_rows}), which may "
        "not be all; look it up in the public databases"
    ): (
        "not compared with all: different from each structure of {formula} in the reference ({n_rows}), but "
        "others may be known; look it up in the public databases"
    ),
    (
        "not compared with all: unlike each structure of {formula} in the reference ({n_rows} of {known} "
        "known); look it up in the public databases"
    ): (
        "not compared with all: different from each structure of {formula} in the reference ({n_rows} of "
        "{known} known); look it up in the public databases"
    ),
    "unlike each known structure of {formula} ({n_rows})": (
        "different from every known structure of {formula} ({n_rows})"
    ),
    "leaves after a displacement by {by:g} Å: {farthest:.2f} Å away and {meV:.0f} meV/atom lower": (
        "does not return after a displacement by {by:g} Å: {farthest:.2f} Å away and {meV:.0f} meV/atom lower"
    ),
    "not found out": "could not be determined",
    "not at rest again after a displacement by {by:g} Å": "not converged after a displacement by {by:g} Å",
    "it relaxes to what the constraints exclude ({problem}); left as it was": (
        "relaxation would break the constraints ({problem}); left unrelaxed"
    ),
    "no structure is in it": "it contains no structure",
    "the cell holds {n_found} structures; give each a row of its own": (
        "the cell contains {n_found} structures; give each a row of its own"
    ),
    "the record holds neither a CIF nor a structure of pymatgen": (
        "the record contains neither a CIF nor a pymatgen structure"
    ),
    "an element in its ground state; {method} reads {value:+.3f} eV/atom": (
        "an element in its ground state; {method} predicts {value:+.3f} eV/atom"
    ),
    "no known phase holds {apart} together with another of these elements": (
        "no known phase contains {apart} together with another of these elements"
    ),
    "no one of {count:,} sampled training molecules meets these together: {names}. Expect few or no hits.": (
        "none of {count:,} sampled training molecules meets all of these targets: {names}. Expect few or no hits."
    ),
    (
        "no one of {count:,} sampled training molecules meets these together: {names}. With the others as "
        "they are, log S is {low:.1f} to {high:.1f} for most. Expect few or no hits."
    ): (
        "none of {count:,} sampled training molecules meets all of these targets: {names}. With the other "
        "targets, log S is mostly {low:.1f} to {high:.1f}. Expect few or no hits."
    ),
    "not a molecule: brackets, rings or valences do not work out": ("invalid: brackets, rings or valences are wrong"),
    "RDKit reads it": "RDKit can read it",
    "SA score {value:.2f}, at most {most:g} asked for": "SA score {value:.2f}, at most {most:g} allowed",
    "an element is not asked for a negative formation energy": "an element needs no negative formation energy",
    (
        "{above:.3f} eV/atom above the hull by the table of known phases, at most {most:g} allowed; "
        "predicted {predicted:.3f}"
    ): (
        "{above:.3f} eV/atom above the hull from the table of known phases, at most {most:g} allowed; "
        "predicted {predicted:.3f}"
    ),
    "{above:.3f} eV/atom above the hull by {model} alone, at most {most:g} allowed; {note}": (
        "{above:.3f} eV/atom above the hull by {model} only, at most {most:g} allowed; {note}"
    ),
    "{formation:.3f} eV/atom against the elements": "{formation:.3f} eV/atom relative to the elements",
    "no reading: {note}": "no prediction: {note}",
    "no rule against it ({conditions})": "no rule is violated ({conditions})",
    "matsyngate finds no oxidation states for {formula} and cannot judge it": (
        "matsyngate finds no oxidation states for {formula} and cannot check it"
    ),
    "matsyngate cannot judge {formula} ({error})": "matsyngate cannot check {formula} ({error})",
    "{kept} of {count} kept of {drawn} generated; ask for fewer, or raise how many are generated at most": (
        "{kept} of {count} requested candidates kept, from {drawn} generated; request fewer, or raise the "
        "limit of generated candidates"
    ),
    "{observed} observed": "{observed} observed in experiments",
    "no reading: {lacking}": "no prediction: {lacking}",
    "front {front}": "Pareto front {front}",
    "{n_sites} occupied positions; the autoencoder reads at most {max_sites}": (
        "{n_sites} occupied positions; the autoencoder takes at most {max_sites}"
    ),
    "{name}: values of its own are {map}": "{name}: values taken from the file: {map}",
    "{name}: {count} cells of {header} say that the value is not known; it is predicted": (
        "{name}: {count} cells of {header} are marked as unknown; their values are predicted"
    ),
    "{most:,} of {n_found:,} were drawn at random": "{most:,} of {n_found:,} were chosen at random",
    "{merged} rows repeat a {kind} and were averaged": (
        "{merged} rows repeat a {kind} of another row; the mean of the values is used"
    ),
    "nothing asked for": "no target",
    "drawn before": "duplicate",
    ("{kept} of {count} requested candidates kept, from {drawn} generated; request fewer, or generate more at most"): (
        "{kept} of {count} requested candidates kept, from {drawn} generated; request fewer, or raise the "
        "limit of generated candidates"
    ),
    "outside {chemical_system}": "outside the chemical system {chemical_system}",
    "a goal needs a value or a bound; leave the property out for 'any'": (
        "a target needs a value or a bound; leave the property out for 'any'"
    ),
    "nothing is aimed at; give a goal for a property of your own or a built-in one": (
        "no target is set; give one for a property of your own or a built-in property"
    ),
    "nothing is kept under the name {name}": "nothing is saved under the name {name}",
    "{by} draws {kind}; choose another, or tune one": "{by} generates {kind}; choose another, or tune one",
    (
        "the store of runs {store} cannot be used ({cause}); free the disk, mend the rights, move the file "
        "away, or name another with {variable}"
    ): (
        "the store of runs {store} cannot be used ({cause}); free disk space, correct the permissions, "
        "move the file away, or name another with {variable}"
    ),
    "{folder} cannot be made ({error}); name a database with {variable}": (
        "{folder} cannot be created ({error}); name a database with {variable}"
    ),
    "it is no whole vasprun.xml ({error}): the calculation may have been cut off; let it end": (
        "it is not a complete vasprun.xml ({error}): the calculation may have been cut off; let it end"
    ),
    "it is no whole JSON ({error}); write the task documents again": (
        "it is not complete JSON ({error}); write the task documents again"
    ),
    "it is no task document of atomate2; give what the store of jobflow has as output": (
        "it is not a task document of atomate2; give what the store of jobflow has as output"
    ),
    "{value:.2f} eV/atom is no formation energy of a phase ({low:g} to {high:g}); it joins no hull": (
        "{value:.2f} eV/atom is not a formation energy of a phase ({low:g} to {high:g}); it is not added to the hull"
    ),
    "{part} is no space group; write a number or a symbol such as Fm-3m": (
        "{part} is not a space group; write a number or a symbol such as Fm-3m"
    ),
    "{part} is no oxidation state; write Fe3+ or O2-": "{part} is not an oxidation state; write Fe3+ or O2-",
    "no tuned generator {name}; there are: {known}; make one with: matgen tune": (
        "no generator of yours is called {name}; there are: {known}; make one with: matgen train or matgen tune"
    ),
}
