"""A predictor of your own property: trained on a table, measured on withheld rows, asked about new formulas.

python docs/examples/own_property.py [FOLDER]

In place of the values below, read two columns of your own table; some hundred rows are a good beginning.
"""

from __future__ import annotations

import sys
from pathlib import Path

from matgen_core import load_reference
from matgen_core.workflows.own_properties.finetune import FinetuneConfig, finetune
from matgen_core.workflows.own_properties.training_examples import read_examples


def main(folder: Path) -> None:
    """Writes ``predicted.csv``."""
    # As an example of a property: the formation energy (eV/atom) of 300 known crystals, by formula.
    known = load_reference().known
    formulas = [str(formula) for formula in known["formula"][:300]]
    values = [float(value) for value in known["formation_energy"][:300]]

    # A row that cannot be used is left out, with its reason.
    examples = read_examples(formulas, values, "formula")
    for row, reason in examples.refused:
        print(f"row {row} is left out: {reason}")

    # LoRA trains a small part of the weights of MatBERT. A fifth of the rows is withheld to measure the error.
    tuned = finetune(examples, FinetuneConfig("lora", epochs=5, batch=32, seed=0))
    print(
        f"error {tuned.report['mae']:.3g} on {tuned.report['held']:.0f} withheld rows; "
        f"the median of all rows would err by {tuned.report['mae_of_median']:.3g}"
    )

    asked = ["MgO", "NaCl", "TiO2", "GaAs"]
    values_read, spreads = tuned.read(asked)
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{name},{value:.4f},{spread:.4f}" for name, value, spread in zip(asked, values_read, spreads, strict=True)]
    (folder / "predicted.csv").write_text("\n".join(["formula,value,spread", *rows]) + "\n", encoding="utf-8")
    print(*rows, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "own-property"))
