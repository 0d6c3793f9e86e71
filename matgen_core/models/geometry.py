"""Diffusion over the free coordinates and the cell of a crystal whose symmetry and elements are known.

    x_t = sqrt(ab_t) x_0 + sqrt(1 - ab_t) eps,     v = sqrt(ab_t) eps - sqrt(1 - ab_t) x_0   (the network's output)

A free coordinate u lives on a circle, so it is lifted to (cos 2πu, sin 2πu) and diffuses like any vector; the cell is
its logarithmic lengths and cosines of angles, tied together by the crystal system and measured against an expected
volume. x is (B, 6 S + 6): two numbers for each of three axes of S sites, then the cell. At every step the network
places the atoms, looks at their neighbours, and answers with forces on the free coordinates and stress on the cell,
so symmetry is exact throughout.
References: DiffCSP++ (Jiao et al. 2024), section 4; v-prediction: Salimans & Ho (2022), section 4.

One long file, so that the network is read from top to bottom: encoding, neighbours, layers, loss.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor, nn

from matgen_core.models.conditioning import ConditionConfig, ConditionEmbedding

SYSTEMS = 7  # triclinic, monoclinic, orthorhombic, tetragonal, trigonal, hexagonal, cubic


@dataclass(frozen=True)
class GeometryConfig:
    """Size of the network.

    Args:
        elements: number of chemical elements.
        positions: number of Wyckoff positions of all groups.
        width: of node features.
        layers: rounds of messages.
        neighbours: nearest atoms each site looks at.
        cutoff: Å beyond which an atom is not seen.
        dropout: on node updates, in training only.
        cell_means: (7, 6) mean of each cell number by crystal system.
        cell_stds: (7, 6) their standard deviations.
        conditions: properties that condition the network.
    """

    elements: int
    positions: int
    width: int
    layers: int
    neighbours: int
    cutoff: float
    dropout: float
    cell_means: tuple[tuple[float, ...], ...]
    cell_stds: tuple[tuple[float, ...], ...]
    conditions: ConditionConfig


@dataclass(frozen=True)
class Skeletons:
    """A batch of B crystals without geometry: S sites and A atoms of the primitive cell, padded.

    Args:
        element: (B, S) 1-based; 0 is padding.
        position: (B, S) number of the Wyckoff position among all groups', 1-based.
        free: (B, S, 3) which axes are free.
        site: (B, A) site of each atom.
        real: (B, A) false for padding.
        first: (B, S) the atom that stands for the site.
        rotation: (B, A, 3, 3) from the site's coordinates to the atom's, fractional, conventional cell.
        translation: (B, A, 3) likewise.
        primitive: (B, 3, 3) primitive vectors in terms of conventional ones (rows).
        system: (B,) crystal system, 0–6.
        log_scale: (B,) logarithm of the cube root of the expected conventional volume (Å).
    """

    element: Tensor
    position: Tensor
    free: Tensor
    site: Tensor
    real: Tensor
    first: Tensor
    rotation: Tensor
    translation: Tensor
    primitive: Tensor
    system: Tensor
    log_scale: Tensor

    def to(self, device: torch.device) -> Skeletons:
        """The same on another device."""
        return Skeletons(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    def repeat(self, times: int) -> Skeletons:
        """Each crystal ``times`` times in a row."""
        return Skeletons(**{f.name: getattr(self, f.name).repeat_interleave(times, dim=0) for f in fields(self)})

    @property
    def mask(self) -> Tensor:
        """(B, 6 S + 6) which entries of x exist."""
        coordinates = self.free[..., None].expand(-1, -1, -1, 2).flatten(1)
        return torch.cat([coordinates, CELL_FREE.to(self.system.device)[self.system]], dim=1)


# ------------------------------------------------------------------------------------------------------------ cell

#: (7, 6) which of log a, log b, log c, cos alpha, cos beta, cos gamma are free, by crystal system.
CELL_FREE = torch.tensor(
    [
        [1, 1, 1, 1, 1, 1],
        [1, 1, 1, 0, 1, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 0, 1, 0, 0, 0],
        [1, 0, 1, 0, 0, 0],
        [1, 0, 1, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
    ],
    dtype=torch.bool,
)


def _ties() -> Tensor:
    ties = torch.diag_embed(CELL_FREE.float())
    ties[3:, 1, 0] = 1.0  # b = a
    ties[6, 2, 0] = 1.0  # c = a
    return ties


#: (7, 6, 6) all six cell numbers from the free ones; and the constants beside them (hexagonal axes: gamma = 120°).
CELL_TIES = _ties()
CELL_BASE = torch.zeros(SYSTEMS, 6).index_put((torch.tensor([4, 5]), torch.tensor([5, 5])), torch.tensor(-0.5))


def cell_numbers(lengths: Tensor, cosines: Tensor, log_scale: Tensor) -> Tensor:
    """(B, 6) cell numbers of conventional cells: log lengths against the expected scale, then cosines."""
    return torch.cat([lengths.log() - log_scale[:, None], cosines], dim=1)


def cell_matrix(numbers: Tensor, log_scale: Tensor) -> Tensor:
    """(B, 3, 3) conventional vectors (rows, Å) of all six cell numbers; impossible angles are pulled into range."""
    a, b, c = (numbers[:, :3].clamp(-2.5, 2.5) + log_scale[:, None]).exp().unbind(1)
    cos_a, cos_b, cos_g = numbers[:, 3:].clamp(-0.9, 0.9).unbind(1)
    sin_g = (1 - cos_g**2).sqrt()
    c_y = (cos_a - cos_b * cos_g) / sin_g
    c_z = (1 - cos_b**2 - c_y**2).clamp(min=0.02).sqrt()
    zero = torch.zeros_like(a)
    rows = [a, zero, zero, b * cos_g, b * sin_g, zero, c * cos_b, c * c_y, c * c_z]
    return torch.stack(rows, dim=1).view(-1, 3, 3)


# --------------------------------------------------------------------------------------------------------- network


@dataclass(frozen=True)
class CellScale:
    """What turns normalised cell numbers back into cells.

    Args:
        volumes: Å³ of an atom of each element.
        means: (7, 6) of the free cell numbers in each crystal system.
        stds: (7, 6) likewise.
    """

    volumes: tuple[float, ...]
    means: Tensor
    stds: Tensor

    def matrices(self, normal: Tensor, skeletons: Skeletons) -> Tensor:
        """(B, 3, 3) conventional cell vectors (rows, Å) of normalised cell numbers (B, 6)."""
        system = skeletons.system
        tied = CELL_TIES[system] @ (normal * self.stds[system] + self.means[system])[..., None]
        numbers = tied.squeeze(-1) + CELL_BASE[system]
        return cell_matrix(numbers, skeletons.log_scale)


class _Messages(nn.Module):
    """h_i += attention over all sites, then h_i += f(h_i, sum_j gate(h_i, h_j, e_ij) * message(h_i, h_j, e_ij)).

    Both see h scaled and shifted by time, cell and conditions (FiLM). Attention carries the prior (which sites are
    there at all), messages carry the geometry (who is near).
    """

    def __init__(self, width: int, edge: int, dropout: float) -> None:
        super().__init__()
        self.norm, self.site_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 4, batch_first=True)
        self.here, self.there = nn.Linear(width, 2 * width), nn.Linear(width, 2 * width, bias=False)
        self.edge = nn.Linear(edge, 2 * width, bias=False)
        self.film = nn.Linear(width, 4 * width)
        self.update = nn.Sequential(nn.Linear(2 * width, 2 * width), nn.SiLU(), nn.Linear(2 * width, width))
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, h: Tensor, context: Tensor, edges: Tensor, weight: Tensor, other: Tensor, empty: Tensor
    ) -> Tensor:
        scale, shift, site_scale, site_shift = self.film(context)[:, None].chunk(4, dim=-1)
        x = self.site_norm(h) * (1 + site_scale) + site_shift
        # With weights asked for, torch takes the plain path, whose backward pass is the faster one for few sites.
        h = h + self.dropout(self.attention(x, x, x, key_padding_mask=empty, need_weights=True)[0])
        x = self.norm(h) * (1 + scale) + shift  # (B, S, width)
        near = _gather(self.there(x), other)  # (B, S, N, 2 width)
        gate, message = (self.here(x)[:, :, None] + near + self.edge(edges)).chunk(2, dim=-1)
        gathered = (torch.sigmoid(gate) * nn.functional.silu(message) * weight[..., None]).sum(dim=2) / 4.0
        updated: Tensor = h + self.dropout(self.update(torch.cat([x, gathered], dim=-1)))
        return updated


def _gather(values: Tensor, index: Tensor) -> Tensor:
    """Rows of values (B, S, C) at index (B, S, N) of sites -> (B, S, N, C)."""
    # Rows of one flat table: far faster on a CPU, forward and backward, than gather along an expanded axis.
    starts = torch.arange(len(values), device=values.device)[:, None, None] * values.shape[1]
    return nn.functional.embedding(index + starts, values.flatten(0, 1))


@dataclass(frozen=True)
class Neighbours:
    """Neighbours of every site: vectors (B, S, N, 3) Å, fractional likewise, distance, weight, site of the other."""

    vector: Tensor
    fraction: Tensor
    distance: Tensor
    weight: Tensor
    other: Tensor


class GeometryDenoiser(nn.Module):
    """v of free coordinates and cell, from where the atoms now are."""

    means: Tensor
    stds: Tensor
    frequencies: Tensor

    def __init__(self, config: GeometryConfig) -> None:
        super().__init__()
        self.config = config
        width, edge = config.width, 48
        self.element = nn.Embedding(config.elements + 1, width)
        self.position = nn.Embedding(config.positions + 1, width)
        self.radius = nn.Embedding(config.elements + 1, 1)
        nn.init.constant_(self.radius.weight, 1.3)
        self.place = nn.Linear(3 * 6, width)
        self.cell = nn.Linear(12 + SYSTEMS, width)
        self.time = nn.Sequential(nn.Linear(32, width), nn.SiLU(), nn.Linear(width, width))
        self.condition = ConditionEmbedding(config.conditions)
        self.layers = nn.ModuleList(_Messages(width, edge, config.dropout) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        self.pair_here, self.pair_there = nn.Linear(width, width), nn.Linear(width, width, bias=False)
        self.pair_edge = nn.Linear(edge, width, bias=False)
        self.pair_out = nn.Linear(width, 2)
        self.direct = nn.Linear(width, 3 * 5)
        self.stress = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 12))
        for layer in (self.direct, self.stress[-1], self.pair_out):
            nn.init.zeros_(layer.weight)  # type: ignore[arg-type]
        self.register_buffer("means", torch.tensor(config.cell_means))
        self.register_buffer("stds", torch.tensor(config.cell_stds))
        self.register_buffer("frequencies", torch.exp(torch.linspace(math.log(0.2), math.log(20.0), 16)))

    def forward(self, x: Tensor, log_snr: Tensor, skeletons: Skeletons, conditions: Tensor) -> Tensor:
        """The velocity v at x.

        Args:
            x: (B, 6 S + 6).
            log_snr: (B,) log(ab_t / (1 - ab_t)).
            skeletons: whose geometry it is.
            conditions: (B, K), NaN for "any".

        Returns:
            (B, 6 S + 6); entries outside the mask are 0.
        """
        circle = x[:, :-6].view(len(x), -1, 3, 2)  # (B, S, 3, 2)
        radius = circle.norm(dim=-1).clamp(min=1e-6)
        angle = torch.atan2(circle[..., 1], circle[..., 0])
        exact = torch.autocast(x.device.type, enabled=False)  # half precision is for the network, not for places
        with exact:
            matrix, cell = self._cell(x[:, -6:], skeletons)
            around = look_around(angle / (2 * math.pi), matrix, skeletons, self.config)
            edges = self._edges(around, skeletons)
        pool = shares(skeletons)
        context = self._context(log_snr, cell, conditions, skeletons)
        h = self.element(skeletons.element) + self.position(skeletons.position)
        h = h + self.place(_place_features(angle, radius, skeletons.free))
        for layer in self.layers:
            h = layer(h, context, edges, around.weight, around.other, skeletons.element == 0)
        h = self.norm(h)
        pair = self.pair_here(h)[:, :, None] + _gather(self.pair_there(h), around.other) + self.pair_edge(edges)
        push, press = (self.pair_out(nn.functional.silu(pair)) * around.weight[..., None]).float().unbind(-1)
        own, gain = self.direct(h).float(), self.stress((h * pool[..., None]).sum(dim=1)).float()
        with exact:
            # A displacement of a size with the noise must come out of size one: near the end forces are magnified.
            gain_t = torch.sigmoid(-log_snr).rsqrt().clamp(max=20.0)
            turn = self._turn(own, push, around, matrix, skeletons, gain_t)
            stress = self._stress(gain, press, pool, around, matrix, skeletons, gain_t)
        unit = circle / radius[..., None]
        across = torch.stack([-unit[..., 1], unit[..., 0]], dim=-1)
        velocity = turn[..., :2] + turn[..., 2:3] * unit + turn[..., 3:] * across
        return torch.cat([velocity.flatten(1), stress], dim=1) * skeletons.mask

    def geometry(self, x: Tensor, skeletons: Skeletons) -> tuple[Tensor, Tensor]:
        """Free coordinates (B, S, 3) in [0, 1) and conventional cell vectors (B, 3, 3) in Å that x stands for."""
        circle = x[:, :-6].view(len(x), -1, 3, 2)
        coordinates = torch.atan2(circle[..., 1], circle[..., 0]) / (2 * math.pi) % 1.0
        return coordinates, self._cell(x[:, -6:], skeletons)[0]

    def encode(self, coordinates: Tensor, numbers: Tensor, skeletons: Skeletons) -> Tensor:
        """The x of known geometry: coordinates (B, S, 3) and cell numbers (B, 6)."""
        return self.lift(coordinates, (numbers - self.means[skeletons.system]) / self.stds[skeletons.system], skeletons)

    @staticmethod
    def lift(coordinates: Tensor, normal: Tensor, skeletons: Skeletons) -> Tensor:
        """The x of coordinates (B, S, 3) and normalised cell numbers (B, 6)."""
        angle = 2 * math.pi * coordinates
        circle = torch.stack([angle.cos(), angle.sin()], dim=-1).flatten(1)
        return torch.cat([circle, normal], dim=1) * skeletons.mask

    def _cell(self, normal: Tensor, skeletons: Skeletons) -> tuple[Tensor, Tensor]:
        free = normal * self.stds[skeletons.system] + self.means[skeletons.system]
        ties, base = CELL_TIES.to(normal.device), CELL_BASE.to(normal.device)
        numbers = (ties[skeletons.system] @ free[..., None]).squeeze(-1) + base[skeletons.system]
        return cell_matrix(numbers, skeletons.log_scale), torch.cat([normal, numbers], dim=1)

    def _context(self, log_snr: Tensor, cell: Tensor, conditions: Tensor, skeletons: Skeletons) -> Tensor:
        phase = log_snr[:, None] / 10.0 * self.frequencies
        time = self.time(torch.cat([phase.sin(), phase.cos()], dim=1))
        system = nn.functional.one_hot(skeletons.system, SYSTEMS).to(cell.dtype)
        context = time + self.cell(torch.cat([cell.clamp(-5, 5), system], dim=1)) + self.condition(conditions)
        return nn.functional.silu(context)

    def _edges(self, around: Neighbours, skeletons: Skeletons) -> Tensor:
        """(B, S, N, 48) Gaussians of the distance, in Å and in units of the two atoms' learnt radii."""
        radius = self.radius(skeletons.element).squeeze(-1)
        contact = radius[..., None] + _gather(radius[..., None], around.other).squeeze(-1)
        centres = torch.linspace(0.0, self.config.cutoff, 24, device=around.distance.device)
        absolute = (-(((around.distance[..., None] - centres) / 0.35) ** 2)).exp()
        centres = torch.linspace(0.2, 2.5, 24, device=around.distance.device)
        relative = (-((((around.distance / contact)[..., None] - centres) / 0.1) ** 2)).exp()
        return torch.cat([absolute, relative], dim=-1)

    def _turn(
        self,
        own: Tensor,
        push: Tensor,
        around: Neighbours,
        matrix: Tensor,
        skeletons: Skeletons,
        gain: Tensor,
    ) -> Tensor:
        """(B, S, 3, 4): velocity in the plane of each circle (2), then along its radius and across it (forces)."""
        force = (push[..., None] * around.vector / around.distance[..., None]).sum(dim=2)  # (B, S, 3), Å, Cartesian
        rotation = skeletons.rotation.gather(1, skeletons.first[..., None, None].expand(-1, -1, 3, 3))
        lever = rotation.transpose(-1, -2) @ matrix[:, None]  # (B, S, 3, 3): Å moved by one turn of each axis
        length = lever.norm(dim=-1).clamp(min=1.0)
        pushed = (lever / length[..., None] @ force[..., None]).squeeze(-1)  # (B, S, 3)
        pushed = pushed * (2 * math.pi / length) * gain[:, None, None]
        parts = own.view(*own.shape[:2], 3, 5)
        across = parts[..., 3] + pushed * (1 + parts[..., 4])
        return torch.cat([parts[..., :3], across[..., None]], dim=-1)

    def _stress(
        self,
        own: Tensor,
        press: Tensor,
        pool: Tensor,
        around: Neighbours,
        matrix: Tensor,
        skeletons: Skeletons,
        gain: Tensor,
    ) -> Tensor:
        """(B, 6) velocity of the cell numbers: how distances change with each, weighted by pair, and a direct part."""
        legs = around.fraction[..., :, None] * matrix[:, None, None]  # (B, S, N, 3, 3): each axis's share of the vector
        along = (legs * around.vector[..., None, :]).sum(dim=-1)  # (B, S, N, 3)
        a, b, c = (around.fraction * matrix.norm(dim=-1)[:, None, None]).unbind(-1)
        slope = torch.cat([along, torch.stack([b * c, a * c, a * b], dim=-1)], dim=-1) / around.distance[..., None] ** 2
        pressed = ((press[..., None] * slope).sum(dim=2) * pool[..., None]).sum(dim=1)  # (B, 6), a strain
        tied = (CELL_TIES.to(own.device)[skeletons.system].transpose(1, 2) @ pressed[..., None]).squeeze(-1)
        plain, factor = own.chunk(2, dim=1)
        size = (gain[:, None] / self.stds[skeletons.system]).clamp(max=40.0)
        return plain + tied * size * (1 + factor)


# ---------------------------------------------------------------------------------------------------- neighbours


def look_around(u: Tensor, matrix: Tensor, skeletons: Skeletons, config: GeometryConfig) -> Neighbours:
    """The nearest atoms of each site, periodic images counted."""
    with torch.no_grad():
        point = torch.where(skeletons.free, u, torch.zeros_like(u))  # (B, S, 3)
        own = point.gather(1, skeletons.site[..., None].expand(-1, -1, 3))  # (B, A, 3)
        atoms = (skeletons.rotation @ own[..., None]).squeeze(-1) + skeletons.translation
        here = atoms.gather(1, skeletons.first[..., None].expand(-1, -1, 3))  # (B, S, 3)
        to_primitive = torch.linalg.inv(skeletons.primitive)
        apart = (atoms[:, None] - here[:, :, None]) @ to_primitive[:, None]  # (B, S, A, 3) primitive
        apart = apart - apart.round()
        reach = 2 if atoms.shape[1] <= 4 else 1
        steps = torch.arange(-reach, reach + 1, device=u.device, dtype=u.dtype)
        images = torch.cartesian_prod(steps, steps, steps)  # (I, 3)
        fraction = (apart[:, :, :, None] + images).flatten(2, 3) @ skeletons.primitive[:, None]  # (B, S, A I, 3)
        distance = (fraction @ matrix[:, None]).norm(dim=-1)
        distance = distance.masked_fill(~skeletons.real.repeat_interleave(len(images), 1)[:, None], 1e3)
        itself = torch.arange(atoms.shape[1], device=u.device) == skeletons.first[..., None]  # (B, S, A)
        home = (itself[..., None] & (images == 0).all(dim=1)).flatten(2)
        distance = distance.masked_fill(home, 1e3)
        count = min(config.neighbours, distance.shape[-1])
        distance, index = distance.topk(count, largest=False)
        fraction = fraction.gather(2, index[..., None].expand(-1, -1, -1, 3))
        other = skeletons.site[:, None].expand(-1, u.shape[1], -1).gather(2, index // len(images))
        weight = 0.5 * (1 + (math.pi * (distance / config.cutoff).clamp(max=1.0)).cos())
        return Neighbours(fraction @ matrix[:, None], fraction, distance.clamp(min=0.1), weight, other)


def shares(skeletons: Skeletons) -> Tensor:
    """(B, S) share of the atoms that each site holds."""
    counts = torch.zeros(skeletons.element.shape, device=skeletons.element.device)
    counts = counts.scatter_add(1, skeletons.site, skeletons.real.float())
    return counts / counts.sum(dim=1, keepdim=True)


def _place_features(angle: Tensor, radius: Tensor, free: Tensor) -> Tensor:
    """(B, S, 18) where each free coordinate is, in two harmonics, and how far noise has carried it off the circle."""
    waves = [angle.cos(), angle.sin(), (2 * angle).cos(), (2 * angle).sin()]
    parts = [*waves, radius.clamp(max=4), torch.ones_like(angle)]
    return (torch.stack(parts, dim=-1) * free[..., None]).flatten(2)


def select(skeletons: Skeletons, index: Tensor) -> Skeletons:
    """The crystals at ``index``."""
    return replace(skeletons, **{f.name: getattr(skeletons, f.name)[index] for f in fields(skeletons)})
