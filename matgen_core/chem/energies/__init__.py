"""Energies by CHGNet and SevenNet, and relaxation in the free numbers of the symmetry."""
