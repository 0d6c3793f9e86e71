// A square to draw in: the points that a pen, a finger or a mouse passes go to Python when the pen is lifted.
// By keyboard: arrows move a cross, Enter or space puts a point.
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const MOST = 600, STEP = 12;
  let pad = parentElement.querySelector("canvas");
  if (!pad) {
    pad = document.createElement("canvas");
    pad.width = pad.height = 280;
    pad.tabIndex = 0;
    pad.setAttribute("role", "img");
    pad.style.cssText = "touch-action:none;cursor:crosshair;max-width:100%;border:1px solid currentColor;border-radius:6px";
    parentElement.appendChild(pad);
    const clear = document.createElement("button");
    clear.type = "button";
    clear.style.cssText = "display:block;margin-top:0.3rem;padding:0.3rem 0.8rem;border:1px solid currentColor;" +
      "border-radius:0.4rem;background:none;color:inherit;font:inherit;cursor:pointer";
    parentElement.appendChild(clear);
    pad.points = [];
    pad.at = [140, 140];
  }
  const clear = parentElement.querySelector("button");
  pad.style.color = clear.style.color = "var(--st-text-color)";
  pad.setAttribute("aria-label", data.label);
  clear.textContent = data.clear;
  const pen = pad.getContext("2d");
  const show = () => {
    pen.clearRect(0, 0, pad.width, pad.height);
    pen.fillStyle = pen.strokeStyle = getComputedStyle(pad).color;
    for (const [x, y] of pad.points) pen.fillRect(x - 2, y - 2, 4, 4);
    if (parentElement.getRootNode().activeElement === pad) pen.strokeRect(pad.at[0] - 5, pad.at[1] - 5, 10, 10);
  };
  const add = (x, y) => {
    if (pad.points.length < MOST) pad.points.push([Math.round(x), Math.round(y)]);
    show();
  };
  const send = () => setStateValue("points", pad.points.map(([x, y]) => [x, pad.height - y]));
  const place = (event) => {
    const box = pad.getBoundingClientRect();
    return [(event.clientX - box.left) * pad.width / box.width, (event.clientY - box.top) * pad.height / box.height];
  };
  pad.onpointerdown = (event) => {
    pad.setPointerCapture(event.pointerId);
    pad.down = true;
    add(...place(event));
  };
  pad.onpointermove = (event) => {
    if (pad.down) for (const each of event.getCoalescedEvents?.() ?? [event]) add(...place(each));
  };
  pad.onpointerup = pad.onpointercancel = () => {
    if (pad.down) send();
    pad.down = false;
  };
  pad.onfocus = pad.onblur = show;
  pad.onkeydown = (event) => {
    const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (by) pad.at = [0, 1].map((i) => Math.min(276, Math.max(4, pad.at[i] + by[i])));
    else if (event.key === "Enter" || event.key === " ") {
      add(...pad.at);
      send();
    } else return;
    event.preventDefault();
    show();
  };
  clear.onclick = () => {
    pad.points = [];
    show();
    send();
  };
  show();
}
