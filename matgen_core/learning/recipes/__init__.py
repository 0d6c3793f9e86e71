"""How each shipped network is trained."""
