"""Chemistry of formulas, crystals, their energies and molecules."""
