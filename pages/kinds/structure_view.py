"""A crystal in 3D by 3Dmol.js, served from here; without the script, a flat drawing and how to get it.

Nothing of a file reaches the page: the scene is built from the parsed record, and holds numbers and element symbols.
"""

from __future__ import annotations

import html

import numpy as np
import py3Dmol
import streamlit as st

from matgen_core.chem.scene import Scene, build_scene, colour, covalent_radius
from matgen_core.chem.structure import to_structure
from matgen_core.core.installation import HOME
from matgen_core.core.records import Crystal
from pages.i18n.language import _

SCRIPT = HOME / "static" / "3Dmol-min.js"
HEIGHT = 360
#: Atoms beyond which a picture is slow to turn on a laptop without a graphics card.
_MOST_DRAWN = 1500
#: a, b, c from the origin, as crystallographers colour them.
_AXES = (("a", "#c0392b"), ("b", "#2e8b57"), ("c", "#2f6fb5"))


def show_structure(crystal: Crystal, key: str) -> None:
    """The crystal with its controls and legend."""
    names = {"conventional": _("conventional"), "primitive": _("primitive")}
    controls = st.container(horizontal=True, gap="small")  # wraps where three stand side by side
    cell = controls.segmented_control(
        _("Cell"), list(names), default="conventional", key=f"{key}-cell", required=True, format_func=names.__getitem__
    )
    primitive = cell == "primitive"
    sizes = supercells(crystal, primitive)
    if st.session_state.get(f"{key}-repeats") not in sizes:
        st.session_state[f"{key}-repeats"] = 1
    repeats = controls.segmented_control(
        _("Supercell"), sizes, key=f"{key}-repeats", required=True, format_func=lambda n: f"{n}³" if n > 1 else "1"
    )
    scene = scene_of(crystal, primitive, int(repeats or 1))
    if SCRIPT.is_file():
        st.iframe(viewer_html(scene), height=HEIGHT, alt=_("The structure in 3D; drag to turn it"))
    else:
        alt = _("The structure, seen from one side")
        st.image(flat_svg(scene), width="stretch", alt=alt)  # st.html lets no SVG through
        st.info(_("The 3D viewer is not installed, so this is a flat drawing. Install it with: make viewer"))
    st.html(legend(scene))


def supercells(crystal: Crystal, primitive: bool) -> list[int]:
    """Repeats along each axis that can be drawn smoothly."""
    atoms = len(to_structure(crystal, primitive=primitive))
    return [n for n in (1, 2, 3) if n == 1 or atoms * (n + 0.5) ** 3 <= _MOST_DRAWN]


def legend(scene: Scene) -> str:
    """A dot and a symbol for each element."""
    dots = "".join(
        f'<span style="white-space:nowrap"><span style="display:inline-block;width:0.8em;height:0.8em;'
        f"border-radius:50%;background:{colour(s)};border:1px solid gray;margin-right:0.35em;vertical-align:-0.05em"
        f'"></span>{html.escape(s)}</span>'
        for s in dict.fromkeys(scene.symbols)
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.9rem;font-size:0.9rem">{dots}</div>'


@st.cache_data(max_entries=200, show_spinner=False, hash_funcs={Crystal: repr})
def scene_of(crystal: Crystal, primitive: bool, repeats: int) -> Scene:
    return build_scene(crystal, primitive, (repeats, repeats, repeats))


#: 3Dmol draws anew at each label, each turn and each event of the mouse; without a graphics card every one of these
#: keeps the page from answering. Here it draws once a frame.
_ONCE_A_FRAME = """(viewer => {
    const draw = viewer.show.bind(viewer);
    let due = false;
    viewer.show = () => {
        if (!due) requestAnimationFrame(() => { due = false; draw(); });
        due = true;
    };
})(viewer_UNIQUEID);
"""


def script_address() -> str:
    """Where the browser finds the script, also where the app is served below a path (``--server.baseUrlPath``)."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/app/static/3Dmol-min.js" if base else "/app/static/3Dmol-min.js"


def open_view(height: int) -> py3Dmol.view:
    """An empty picture without a background, as wide as its frame."""
    view = py3Dmol.view(width="100%", height=height, js=script_address())
    # Where a frame gets its size late, as in a tab, 3Dmol begins again from what it was made with: that is clear, too.
    view.startjs = view.startjs.replace('{backgroundColor:"white"}', '{backgroundColor:"white",backgroundAlpha:0}')
    view.startjs += _ONCE_A_FRAME
    view.setBackgroundColor("white", 0)
    return view


def _content(scene: Scene) -> tuple[object, ...]:
    return scene.symbols, scene.positions.tobytes(), scene.edges.tobytes()


# Cached by content: the same HTML keeps the camera where the reader put it.
@st.cache_data(max_entries=200, show_spinner=False, hash_funcs={Scene: _content})
def viewer_html(scene: Scene) -> str:
    """A page with the scene in it; everything in it is numbers and element symbols."""
    view = open_view(HEIGHT - 16)
    middle = scene.edges.reshape(-1, 3).mean(axis=0)
    for symbol, place in zip(scene.symbols, scene.positions - middle, strict=True):
        view.addSphere({"center": _point(place), "radius": _radius(symbol), "color": colour(symbol)})
    for i, j in scene.bonds.tolist():
        a, b = scene.positions[i] - middle, scene.positions[j] - middle
        for start, end, symbol in ((a, (a + b) / 2, scene.symbols[i]), ((a + b) / 2, b, scene.symbols[j])):
            view.addCylinder({"start": _point(start), "end": _point(end), "radius": 0.11, "color": colour(symbol)})
    for a, b in scene.edges - middle:
        view.addLine({"start": _point(a), "end": _point(b), "color": "gray"})
    _add_axes(view, scene, middle)
    view.zoomTo()
    view.rotate(-70, "x")
    view.rotate(-12, "y")
    view.zoom(0.95)
    return f'<body style="margin:0;overflow:hidden">{view.write_html()}</body>'


def _add_axes(view: py3Dmol.view, scene: Scene, middle: np.ndarray) -> None:
    """a, b and c as thin coloured rods along the cell's edges at the origin, with their letters."""
    origin = np.zeros(3)
    tips = [end for start, end in scene.edges if np.allclose(start, origin)]
    # build_scene lists the edges at the origin by their far corner: c, b, a.
    for (name, hue), tip in zip(reversed(_AXES), tips, strict=True):
        view.addCylinder({"start": _point(-middle), "end": _point(tip - middle), "radius": 0.05, "color": hue})
        style = {"fontSize": 14, "fontColor": hue, "backgroundOpacity": 0.0, "inFront": True, "alignment": "center"}
        view.addLabel(name, {"position": _point(tip + tip / np.linalg.norm(tip) * 0.9 - middle), **style})


def _point(place: np.ndarray) -> dict[str, float]:
    return dict(zip("xyz", (round(float(v), 4) for v in place), strict=True))


def _radius(symbol: str) -> float:
    return round(0.28 + 0.22 * covalent_radius(symbol), 3)


def flat_svg(scene: Scene) -> str:
    """The scene from one side, far atoms first, without WebGL."""
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
    size = f'width="{HEIGHT * width / height:.0f}" height="{HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {size}>{"".join(parts)}</svg>'


def _line(a: np.ndarray, b: np.ndarray, stroke: str, width: float) -> str:
    ends = f'x1="{a[0]:.2f}" y1="{-a[1]:.2f}" x2="{b[0]:.2f}" y2="{-b[1]:.2f}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width}"/>'
