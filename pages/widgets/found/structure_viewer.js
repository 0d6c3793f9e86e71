// Atoms in 3D by 3Dmol with controls of their own: nothing here asks the server, so that the turn is kept.
// DATA: {name, cells: {key: cell}, looks: {symbol: {colour, ball, space}}, dark}. A cell of a crystal has a matrix (rows
// a, b, c in angstrom), the supercells that can be drawn, and atoms with fractional places and neighbours
// [atom, a, b, c]; a molecule has no matrix, places in angstrom, and bonds [first, second, order]. WORDS are translated.
/* global $3Dmol */
function matgenStructure(viewer, DATA, WORDS) {
  const at = (id) => document.getElementById(id);
  const MEMORY = "matgen-structure-viewer";
  const PRINT = 2400; // pixels across a saved picture: 20 cm at 300 dpi
  const AXES = { a: "#c0392b", b: "#2e8b57", c: "#2f6fb5" };
  const FULL = "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4";
  const TURN = "M13.5 8a5.5 5.5 0 1 1-2-4.2M11.5 1v3h-3";
  const BOND = 0.11;
  const FACE = 1e-3; // atoms this near a face of the cell are drawn on the opposite one, too
  const state = { style: "ball", polyhedra: true, complete: true, labels: false, touch: false, repeats: 1, ...recall() };
  if (!DATA.cells[state.cell]) state.cell = Object.keys(DATA.cells)[0];
  const hidden = new Set();
  let picks = [];
  let scene = null;
  let printer = null;

  // ------------------------------------------------------------------------------------------------ what is kept
  function recall() {
    try {
      return JSON.parse(sessionStorage.getItem(MEMORY)) || {};
    } catch {
      return {};
    }
  }

  function remember() {
    const { style, polyhedra, complete, labels, cell, repeats } = state;
    try {
      sessionStorage.setItem(MEMORY, JSON.stringify({ style, polyhedra, complete, labels, cell, repeats }));
    } catch {
      // a browser that stores nothing begins anew with each picture
    }
  }

  // ----------------------------------------------------------------------------------------------------- vectors
  const add = (u, v) => u.map((x, i) => x + v[i]);
  const minus = (u, v) => u.map((x, i) => x - v[i]);
  const times = (u, s) => u.map((x) => x * s);
  const dot = (u, v) => u.reduce((sum, x, i) => sum + x * v[i], 0);
  const cross = (u, v) => [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const unit = (u) => times(u, 1 / (Math.hypot(...u) || 1));
  const point = ([x, y, z]) => ({ x, y, z });
  const cartesian = (f, m) => [0, 1, 2].map((k) => f[0] * m[0][k] + f[1] * m[1][k] + f[2] * m[2][k]);

  // ------------------------------------------------------------------------------------------- atoms of a picture
  /** Atoms in the cells that are shown, those on far faces, and neighbours of their centres beyond the edge. */
  function crystalScene(cell) {
    const n = state.repeats;
    const atoms = [];
    const numbers = new Map();
    const middle = cartesian([n / 2, n / 2, n / 2], cell.matrix);
    const place = (i, shift) => {
      const key = `${i}:${shift}`;
      if (!numbers.has(key)) {
        numbers.set(key, atoms.length);
        const own = cell.atoms[i];
        atoms.push({ key, own, shift, xyz: minus(cartesian(add(own.place, shift), cell.matrix), middle), bonds: [] });
      }
      return numbers.get(key);
    };
    cell.atoms.forEach((own, i) => {
      const reach = own.place.map((x) => [...Array(n + (x < FACE ? 1 : 0)).keys()]);
      for (const a of reach[0]) for (const b of reach[1]) for (const c of reach[2]) place(i, [a, b, c]);
    });
    const inside = atoms.length;
    for (let k = 0; k < inside && state.complete; k++) {
      const { own, shift } = atoms[k];
      if (own.polyhedron) for (const [j, ...by] of own.neighbours) place(j, add(shift, by));
    }
    atoms.forEach((atom, k) => {
      atom.around = atom.own.neighbours.map(([j, ...by]) => numbers.get(`${j}:${add(atom.shift, by)}`));
      for (const other of atom.around) if (other > k) atom.bonds.push([other, 1]);
    });
    return { atoms, middle, inside };
  }

  function moleculeScene(cell) {
    const sum = cell.atoms.reduce((total, own) => add(total, own.place), [0, 0, 0]);
    const middle = times(sum, 1 / cell.atoms.length);
    const atoms = cell.atoms.map((own) => ({
      key: own.label, own, shift: null, xyz: minus(own.place, middle), bonds: [], around: [],
    }));
    for (const [i, j, order] of cell.bonds) atoms[i].bonds.push([j, order]);
    return { atoms, middle, inside: atoms.length };
  }

  // ------------------------------------------------------------------------------------------------------ drawing
  function styleOf(symbol) {
    const { colour, ball, space } = DATA.looks[symbol];
    return {
      ball: { sphere: { radius: ball, color: colour }, stick: { radius: BOND, color: colour } },
      space: { sphere: { radius: space, color: colour } },
      stick: { stick: { radius: 0.16, color: colour }, sphere: { radius: 0.16, color: colour } },
      wire: { line: { color: colour, linewidth: 2 }, clicksphere: { radius: 0.35 } },
    }[state.style];
  }

  /** Draws everything anew in the turn and size that the picture has. `scale`: of letters, for a saved picture. */
  function draw(scale = 1) {
    const cell = DATA.cells[state.cell];
    viewer.removeAllModels();
    viewer.removeAllShapes();
    viewer.removeAllLabels();
    scene = cell.matrix ? crystalScene(cell) : moleculeScene(cell);
    const shown = scene.atoms.filter((atom) => !hidden.has(atom.own.symbol));
    const serial = new Map(shown.map((atom, k) => [atom, k]));
    const bonded = shown.map(() => [[], []]);
    for (const atom of shown)
      for (const [j, order] of atom.bonds) {
        const [k, l] = [serial.get(atom), serial.get(scene.atoms[j])];
        if (l === undefined) continue;
        for (const [one, other] of [[k, l], [l, k]]) {
          bonded[one][0].push(other);
          bonded[one][1].push(order);
        }
      }
    const model = viewer.addModel();
    model.addAtoms(
      shown.map((atom, k) => ({
        elem: atom.own.symbol, ...point(atom.xyz), serial: k, index: k, bonds: bonded[k][0], bondOrder: bonded[k][1],
      })),
    );
    for (const symbol of Object.keys(DATA.looks)) model.setStyle({ elem: symbol }, styleOf(symbol));
    model.setClickable({}, true, (clicked) => pick(shown[clicked.serial]));
    if (cell.matrix) {
      drawEdges(cell.matrix, scene.middle, scale);
      if (state.polyhedra) drawPolyhedra();
    }
    if (state.labels) drawLabels(shown, scale);
    drawMeasure(scale);
    viewer.render();
  }

  function drawEdges(matrix, middle, scale) {
    const n = state.repeats;
    const steps = [...Array(n + 1).keys()];
    const lines = viewer.addShape({ color: DATA.dark ? "#9aa5a4" : "#6b7573", wireframe: true });
    for (let axis = 0; axis < 3; axis++)
      for (const p of steps)
        for (const q of steps) {
          const from = [p, q];
          from.splice(axis, 0, 0);
          const to = from.map((x, i) => (i === axis ? n : x));
          lines.addLine({
            start: point(minus(cartesian(from, matrix), middle)), end: point(minus(cartesian(to, matrix), middle)),
          });
        }
    lines.finalize();
    Object.entries(AXES).forEach(([name, color], axis) => {
      const start = times(middle, -1);
      const end = add(start, matrix[axis]);
      viewer.addCylinder({ start: point(start), end: point(end), radius: 0.05, color });
      write(name, add(end, times(unit(matrix[axis]), 0.9)), color, 14 * scale);
    });
  }

  function drawPolyhedra() {
    const faces = {};
    const lines = {};
    for (const atom of scene.atoms.slice(0, scene.inside)) {
      const hull = atom.own.polyhedron;
      const corners = atom.around.map((k) => scene.atoms[k]);
      const gone = (a) => a === undefined || hidden.has(a.own.symbol);
      if (!hull || gone(atom) || corners.some(gone)) continue;
      const symbol = atom.own.symbol;
      const mesh = (faces[symbol] ??= { vertexArr: [], normalArr: [], faceArr: [] });
      for (const triangle of hull.triangles) {
        let [p, q, r] = triangle.map((k) => corners[k].xyz);
        let normal = unit(cross(minus(q, p), minus(r, p)));
        if (dot(normal, minus(p, atom.xyz)) < 0) [q, r, normal] = [r, q, times(normal, -1)];
        for (const corner of [p, q, r]) {
          mesh.faceArr.push(mesh.vertexArr.length);
          mesh.vertexArr.push(point(corner));
          mesh.normalArr.push(point(normal));
        }
      }
      for (const [k, l] of hull.edges) (lines[symbol] ??= []).push([corners[k].xyz, corners[l].xyz]);
    }
    for (const [symbol, mesh] of Object.entries(faces)) {
      const color = darker(DATA.looks[symbol].colour, 0.8);
      viewer.addCustom({ ...mesh, color, opacity: 0.65 });
      const edges = viewer.addShape({ color: darker(color, 0.6), wireframe: true });
      for (const [start, end] of lines[symbol] || []) edges.addLine({ start: point(start), end: point(end) });
      edges.finalize();
    }
  }

  const darker = (color, share) =>
    "#" + [1, 3, 5].map((k) => Math.round(parseInt(color.slice(k, k + 2), 16) * share).toString(16).padStart(2, "0")).join("");

  function write(text, xyz, color, size, back = 0) {
    viewer.addLabel(text, {
      position: point(xyz), fontSize: size, fontColor: color, inFront: true, alignment: "center",
      backgroundColor: DATA.dark ? "black" : "white", backgroundOpacity: back,
    });
  }

  const ink = () => (DATA.dark ? "#e4e8e7" : "#1c2221");

  function drawLabels(shown, scale) {
    // In a supercell one cell is enough: thousands of letters are no picture.
    const named = shown.length > 200 ? shown.filter((a) => !a.shift || a.shift.every((x) => x === 0)) : shown;
    for (const atom of named) write(atom.own.label, atom.xyz, ink(), 12 * scale);
  }

  // ---------------------------------------------------------------------------------------------------- measuring
  function pick(atom) {
    if (!atom) return;
    picks = picks.length === 3 ? [atom] : [...picks.filter((one) => one.key !== atom.key), atom];
    draw();
    tell();
  }

  const distance = (p, q) => Math.hypot(...minus(p.xyz, q.xyz));
  function angle(p, q, r) {
    const [u, v] = [unit(minus(p.xyz, q.xyz)), unit(minus(r.xyz, q.xyz))];
    return (Math.acos(Math.min(1, Math.max(-1, dot(u, v)))) * 180) / Math.PI;
  }

  /** The last pick in words: an atom and its place, a distance, an angle at the second of three atoms. */
  function measured() {
    const names = picks.map((atom) => atom.own.label).join("–");
    if (picks.length === 3) return `${names} ${angle(...picks).toFixed(1)}°`;
    if (picks.length === 2) return `${names} ${distance(...picks).toFixed(3)} Å`;
    if (!picks.length) return "";
    const [{ own, shift }] = picks;
    return shift ? `${names} (${add(own.place, shift).map((x) => x.toFixed(3)).join(", ")})` : names;
  }

  function tell() {
    at("measure").textContent = measured() || WORDS.hint;
    at("clear").hidden = !picks.length;
  }

  function drawMeasure(scale) {
    const color = "#e0aa00";
    for (const { own, xyz } of picks) {
      const radius = (state.style === "space" ? DATA.looks[own.symbol].space : DATA.looks[own.symbol].ball) + 0.08;
      viewer.addSphere({ center: point(xyz), radius, color, opacity: 0.5 });
    }
    for (let k = 1; k < picks.length; k++) {
      const [start, end] = [picks[k - 1].xyz, picks[k].xyz];
      viewer.addCylinder({ start: point(start), end: point(end), radius: 0.05, color, dashed: true });
    }
    if (picks.length < 2) return;
    const last = picks.length === 3 ? picks[1].xyz : times(add(picks[0].xyz, picks[1].xyz), 0.5);
    write(measured().slice(measured().indexOf(" ") + 1), last, ink(), 13 * scale, 0.7);
  }

  // -------------------------------------------------------------------------------------------------------- views
  /** Turns the picture so that `toward` points at the reader and `up` upwards; fits it into the frame. */
  function look(toward, up) {
    const z = unit(toward);
    const x = unit(cross(up, z));
    const y = cross(z, x);
    viewer.setView([...viewer.getView().slice(0, 4), ...quaternion([x, y, z])]);
    fit();
  }

  /** The quaternion of a rotation with these rows (Shepperd 1978), which holds for half turns, too. */
  function quaternion(m) {
    const trace = m[0][0] + m[1][1] + m[2][2];
    if (trace > 0) {
      const w = Math.sqrt(1 + trace) / 2;
      return [(m[2][1] - m[1][2]) / (4 * w), (m[0][2] - m[2][0]) / (4 * w), (m[1][0] - m[0][1]) / (4 * w), w];
    }
    const i = [0, 1, 2].reduce((best, k) => (m[k][k] > m[best][best] ? k : best), 0);
    const [j, k] = [(i + 1) % 3, (i + 2) % 3];
    const large = Math.sqrt(1 + m[i][i] - m[j][j] - m[k][k]) / 2;
    const q = [0, 0, 0, (m[k][j] - m[j][k]) / (4 * large)];
    q[i] = large;
    q[j] = (m[j][i] + m[i][j]) / (4 * large);
    q[k] = (m[k][i] + m[i][k]) / (4 * large);
    return q;
  }

  /** How far to go in once everything fits by its height: a long molecule lies across a narrow frame. */
  const nearer = () => (DATA.cells[state.cell].matrix ? 1.0 : 0.9);

  function fit() {
    viewer.zoomTo();
    viewer.zoom(nearer());
    viewer.render();
  }

  function reset() {
    viewer.setView([0, 0, 0, 0, 0, 0, 0, 1]);
    viewer.zoomTo();
    if (DATA.cells[state.cell].matrix) {
      viewer.rotate(-70, "x");
      viewer.rotate(-12, "y");
    }
    viewer.zoom(nearer());
    viewer.render();
  }

  /** Draws smoothly what is saved; made when it is first asked for, and not seen. */
  function press() {
    const own = document.createElement("div");
    own.style.cssText = "position:fixed; left:-200px; width:100px; height:100px; overflow:hidden";
    document.body.append(own);
    const made = $3Dmol.createViewer(own, { backgroundColor: "white" });
    made.showNow = made.show.bind(made);
    made.show = () => {};
    return made;
  }

  /** A PNG of print quality on white, whatever the size of the frame. */
  function save() {
    const box = at("picture").getBoundingClientRect();
    const [seen, dark] = [viewer, DATA.dark];
    viewer = printer ??= press();
    DATA.dark = false;
    const scale = PRINT / box.width / viewer.getRenderer().devicePixelRatio; // it has more pixels than the screen
    viewer.setWidth(Math.round(box.width * scale));
    viewer.setHeight(Math.round(box.height * scale));
    draw(scale);
    viewer.zoomTo();
    viewer.setView(seen.getView());
    viewer.showNow();
    const link = document.createElement("a");
    link.href = viewer.pngURI();
    link.download = `${DATA.name}.png`;
    link.click();
    DATA.dark = dark;
    viewer = seen;
  }

  // ----------------------------------------------------------------------------------------------------- controls
  function button(text, title, act, pressed) {
    const one = document.createElement("button");
    one.type = "button";
    one.textContent = text;
    one.title = title;
    if (text.length < 3) one.setAttribute("aria-label", title); // a sign is no name
    if (pressed !== undefined) one.setAttribute("aria-pressed", String(pressed));
    one.onclick = () => act(one);
    return one;
  }

  function toggle(text, title, key, after = draw) {
    return button(text, title, (one) => {
      state[key] = !state[key];
      one.setAttribute("aria-pressed", String(state[key]));
      remember();
      after();
    }, state[key]);
  }

  /** A drawing instead of words; fonts lack these signs. */
  function icon(one, path) {
    one.innerHTML = `<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="${path}"/></svg>`;
    return one;
  }

  function choice(label, key, options, after) {
    const one = document.createElement("select");
    one.setAttribute("aria-label", label);
    one.title = label;
    one.append(...options.map(([value, text]) => new Option(text, value, false, String(state[key]) === String(value))));
    one.onchange = () => {
      state[key] = key === "repeats" ? Number(one.value) : one.value;
      picks = key === "style" ? picks : [];
      after();
      remember();
      tell();
    };
    return one;
  }

  function build() {
    const cell = DATA.cells[state.cell];
    if (!(cell.sizes || [1]).includes(state.repeats)) state.repeats = 1;
    const styles = ["ball", "space", "stick", "wire"].map((key) => [key, WORDS[key]]);
    const bar = [choice(WORDS.style, "style", styles, draw)];
    if (Object.keys(DATA.cells).length > 1)
      bar.push(choice(WORDS.cell, "cell", Object.keys(DATA.cells).map((key) => [key, WORDS[key]]), () => {
        build();
        draw();
        fit();
      }));
    if ((cell.sizes || []).length > 1) {
      const sizes = cell.sizes.map((n) => [n, `${n}×${n}×${n}`]);
      bar.push(choice(WORDS.supercell, "repeats", sizes, () => {
        draw();
        fit();
      }));
    }
    if (cell.matrix) {
      if (cell.atoms.some((own) => own.polyhedron)) bar.push(toggle(WORDS.polyhedra, WORDS.polyhedra, "polyhedra"));
      if (cell.atoms.some((own) => own.polyhedron)) bar.push(toggle(WORDS.complete, WORDS.complete_help, "complete"));
    }
    bar.push(toggle(WORDS.labels, WORDS.labels, "labels"));
    if (cell.matrix) {
      const [a, b, c] = cell.matrix;
      for (const [name, toward, up] of [["a", a, c], ["b", b, a], ["c", c, b]])
        bar.push(button(name, WORDS.along.replace("{axis}", name), () => look(toward, up)));
    }
    bar.push(button("⟲", WORDS.reset, reset));
    if (matchMedia("(pointer: coarse)").matches) bar.push(icon(toggle("", WORDS.touch, "touch", touch), TURN));
    bar.push(button("PNG", WORDS.png, save));
    if (document.fullscreenEnabled) bar.push(icon(button("", WORDS.full, full), FULL));
    at("bar").replaceChildren(...bar);
    legend();
  }

  function full() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  }

  /** A button for each element that takes it out of the picture. */
  function legend() {
    at("legend").replaceChildren(
      ...[...new Set(DATA.cells[state.cell].atoms.map((own) => own.symbol))].map((symbol) => {
        const one = button(symbol, WORDS.hide.replace("{element}", symbol), () => {
          if (!hidden.delete(symbol)) hidden.add(symbol);
          one.setAttribute("aria-pressed", String(!hidden.has(symbol)));
          picks = picks.filter((atom) => !hidden.has(atom.own.symbol));
          draw();
          tell();
        }, !hidden.has(symbol));
        const dot = document.createElement("i");
        dot.style.background = DATA.looks[symbol].colour;
        one.prepend(dot);
        return one;
      }),
    );
  }

  // A finger that wipes over the picture scrolls the page; two fingers, or one after the button, turn and zoom.
  function touch() {
    for (const canvas of at("picture").querySelectorAll("canvas"))
      canvas.style.touchAction = state.touch ? "none" : "pan-x pan-y";
  }
  for (const kind of ["touchstart", "touchmove", "touchend"])
    at("picture").addEventListener(
      kind,
      (event) => {
        if (!state.touch && event.touches.length < 2) event.stopImmediatePropagation();
      },
      { capture: true, passive: true },
    );

  at("clear").onclick = () => {
    picks = [];
    draw();
    tell();
  };
  build();
  draw();
  reset();
  touch();
  tell();
  /** Where an atom stands in the window; what tests and the console ask for. */
  const places = () =>
    scene.atoms
      .filter((atom) => !hidden.has(atom.own.symbol))
      .map((atom) => ({ label: atom.own.label, ...viewer.modelToScreen(point(atom.xyz)), xyz: atom.xyz }));
  window.matgenViewer = { viewer, state, places, measured };
}
