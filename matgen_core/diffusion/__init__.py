"""Diffusion processes and samplers: callables in, tensors out; no network is imported here."""
