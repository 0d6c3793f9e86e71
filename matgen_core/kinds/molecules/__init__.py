"""Molecules: SMILES written by a GPT under a grammar, judged by RDKit."""
