"""From rows to training arrays and back."""
