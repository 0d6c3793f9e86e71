"""Networks, which import torch, transformers and peft only: no data, no chemistry, no page."""
