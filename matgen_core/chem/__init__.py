"""Chemistry and crystallography: symmetry, composition, energies, stability."""
