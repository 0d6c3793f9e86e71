"""The kinds of material: how each is generated, predicted, judged and written."""
