"""The kinds of material: how each is generated, predicted, checked and written."""
