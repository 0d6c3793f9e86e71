"""A structure drawn flat, without a browser: for pages without the 3D viewer, and for files."""

from __future__ import annotations

import html

import numpy as np

from matgen_core.chem.crystals.scene import Scene, colour, covalent_radius


def draw_flat(scene: Scene, pixels: int = 360) -> str:
    """An SVG of the scene from one side, far atoms first; ``pixels`` high."""
    turn = np.array([[0.94, 0.0, 0.34], [-0.17, 0.87, 0.47], [-0.30, -0.50, 0.82]])
    places = scene.positions @ turn.T
    edges = scene.edges @ turn.T
    flat = np.concatenate([places[:, :2], edges.reshape(-1, 3)[:, :2]])
    low, high = flat.min(axis=0) - 1.2, flat.max(axis=0) + 1.2
    width, height = high - low
    parts = [_line(a, b, "gray", 0.04) for a, b in edges]
    parts += [_line(places[i], places[j], "#999", 0.14) for i, j in scene.bonds.tolist()]
    for i in np.argsort(places[:, 2]):
        x, y = places[i, :2]
        title = html.escape(scene.symbols[i])
        parts.append(
            f'<circle cx="{x:.2f}" cy="{-y:.2f}" r="{1.3 * _radius(scene.symbols[i]):.2f}" stroke="#555" '
            f'stroke-width="0.04" fill="{colour(scene.symbols[i])}"><title>{title}</title></circle>'
        )
    box = f"{low[0]:.2f} {-high[1]:.2f} {width:.2f} {height:.2f}"
    size = f'width="{pixels * width / height:.0f}" height="{pixels}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {size}>{"".join(parts)}</svg>'


def _line(a: np.ndarray, b: np.ndarray, stroke: str, width: float) -> str:
    ends = f'x1="{a[0]:.2f}" y1="{-a[1]:.2f}" x2="{b[0]:.2f}" y2="{-b[1]:.2f}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width}"/>'


def _radius(symbol: str) -> float:
    return 0.28 + 0.22 * covalent_radius(symbol)
