"""The chapter's encoders and writer for materials: ChemBERTa, MatBERT, MatGPT, at 12 layers of width 768.

    ChemBERTa  SMILES -> h_[CLS] (B, 768)          MatBERT  [CLS] Fe Fe O O O [SEP] -> hidden (B, T, 768)
    MatGPT     p(next atom | atoms so far)         ConditionalMatGPT  the same behind e(gap, energy, moment)

compositions (B, T) int64 of 120 tokens: 0 pads, 1 to 118 are atomic numbers. The chapter begins with token 101, which
then is mendelevium; [CLS] is 119 here. References: Devlin et al. (2019), Liu et al. (2019), Radford et al. (2019).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, GPT2Config, GPT2LMHeadModel
from transformers.modeling_outputs import BaseModelOutputWithPoolingAndCrossAttentions

from matgen_core.learning.checkpoints import load_encoder
from matgen_core.models import chemberta

#: Number of [CLS], which is no element's.
CLS = 119


class ChemBERTa(nn.Module):
    """A vector for each SMILES. The weights are the shipped ones, of width 192; the published ones have 768."""

    def __init__(self, pretrained_model: str = "smiles-bert") -> None:
        super().__init__()
        encoder, self.tokenizer, _digest = load_encoder(pretrained_model)
        self.model = chemberta.ChemBERTa(encoder)

    def forward(self, smiles_list: Sequence[str]) -> Tensor:
        """(B, D) of B strings."""
        encoded = self.tokenizer(list(smiles_list), padding=True, return_tensors="pt")
        vectors: Tensor = self.model(encoded["input_ids"], encoded["attention_mask"])
        return vectors


class MatBERT(nn.Module):
    """BERT over the atoms of a formula."""

    def __init__(self, vocab_size: int = 120, d_model: int = 768, num_layers: int = 12) -> None:
        super().__init__()
        self.bert = BertModel(
            BertConfig(
                vocab_size=vocab_size,
                hidden_size=d_model,
                num_hidden_layers=num_layers,
                num_attention_heads=12,
                intermediate_size=4 * d_model,
                max_position_embeddings=50,
            )
        )

    def forward(
        self, composition_ids: Tensor, attention_mask: Tensor | None = None, output_hidden_states: bool = False
    ) -> BaseModelOutputWithPoolingAndCrossAttentions:
        """BERT's outputs; the chapter's listing takes no ``output_hidden_states``, which its adapters ask for."""
        outputs: BaseModelOutputWithPoolingAndCrossAttentions = self.bert(
            composition_ids, attention_mask=attention_mask, output_hidden_states=output_hidden_states
        )
        return outputs


class BandgapHead(nn.Sequential):
    """768 -> 256 -> 1."""

    def __init__(self, d_model: int = 768) -> None:
        super().__init__(nn.Linear(d_model, 256), nn.ReLU(), nn.Dropout(0.1), nn.Linear(256, 1))


class MatBERTForBandgap(nn.Module):
    """MatBERT with a head for the band gap (eV)."""

    def __init__(self, matbert: MatBERT) -> None:
        super().__init__()
        self.matbert = matbert
        self.regressor = BandgapHead(matbert.bert.config.hidden_size)

    def forward(self, composition_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """(B, 1)."""
        gap: Tensor = self.regressor(self.matbert(composition_ids, attention_mask).pooler_output)
        return gap


class MatGPT(nn.Module):
    """GPT-2 over the atoms of a formula."""

    def __init__(self, vocab_size: int = 120, d_model: int = 768, num_layers: int = 12) -> None:
        super().__init__()
        self.gpt = GPT2LMHeadModel(
            GPT2Config(
                vocab_size=vocab_size,
                n_positions=51,  # one more than the chapter's 50, for the condition in front
                n_embd=d_model,
                n_layer=num_layers,
                n_head=12,
                bos_token_id=CLS,
                eos_token_id=None,
            )
        )

    def generate_composition(
        self, start_tokens: Tensor, max_length: int = 30, temperature: float = 1.0, top_k: int = 50
    ) -> Tensor:
        """(1, L) atoms drawn after ``start_tokens`` (1, S)."""
        self.eval()
        with torch.no_grad():
            generated: Tensor = self.gpt.generate(
                start_tokens,
                attention_mask=torch.ones_like(start_tokens),
                max_length=max_length,
                temperature=temperature,
                top_k=top_k,
                do_sample=True,
                pad_token_id=0,
            )
        return generated


class ConditionalMatGPT(nn.Module):
    """MatGPT behind one embedded condition: band gap, formation energy, magnetic moment."""

    def __init__(self, matgpt: MatGPT, condition_dim: int = 3) -> None:
        super().__init__()
        self.matgpt = matgpt
        width = matgpt.gpt.config.n_embd
        self.condition_encoder = nn.Sequential(nn.Linear(condition_dim, width), nn.ReLU(), nn.Linear(width, width))

    def forward(self, input_ids: Tensor, conditions: Tensor) -> Tensor:
        """Logits (B, T + 1, V) for tokens (B, T) and conditions (B, K)."""
        before = self.condition_encoder(conditions)[:, None]
        embedded = torch.cat([before, self.matgpt.gpt.transformer.wte(input_ids)], dim=1)
        logits: Tensor = self.matgpt.gpt(inputs_embeds=embedded).logits
        return logits
