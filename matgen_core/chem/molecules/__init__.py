"""What RDKit knows of molecules, and drawings of them."""
