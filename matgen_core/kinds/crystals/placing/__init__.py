"""Where atoms come to lie: templates, diffusion, rules of distances, relaxation."""
