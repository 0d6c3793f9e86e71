"""Networks. They import torch (and transformers) only: no data, no chemistry, no page."""
