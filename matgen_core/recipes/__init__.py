"""How each network is trained; ``matgen train NAME`` runs one of these."""
