// A film of Plotly by the keyboard: Tab reaches its buttons and its slider, Enter presses, arrows move by one moment.
export default function (component) {
  const { label, moments, film } = component.data;
  const place = document.querySelector(`.st-key-${film}`);
  if (!place) return;
  const press = (target, kind, x = 0, y = 0) =>
    target.dispatchEvent(new MouseEvent(kind, { bubbles: true, clientX: x, clientY: y, view: window }));
  const now = () => {
    const [rail, grip] = [".slider-rail-touch-rect", ".slider-grip-rect"].map((one) => place.querySelector(one));
    const [whole, own] = [rail.getBoundingClientRect(), grip.getBoundingClientRect()];
    return { rail, whole, at: (own.x + own.width / 2 - whole.x) / whole.width };
  };
  const reach = (element, role, name) => {
    if (element.getAttribute("tabindex") === "0") return;
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", role);
    element.setAttribute("aria-label", name);
  };
  const prepare = () => {
    place.querySelectorAll(".updatemenu-button").forEach((one) => reach(one, "button", one.textContent.trim()));
    place.querySelectorAll(".slider-group").forEach((one) => {
      reach(one, "slider", label);
      if (!one.hasAttribute("aria-valuenow")) ["min", "now", "max"].forEach((name, i) =>
        one.setAttribute(`aria-value${name}`, [0, 0, 100][i]));
    });
  };
  const onKey = (event) => {
    const button = event.target.closest?.(".updatemenu-button"), slider = event.target.closest?.(".slider-group");
    if (button && (event.key === "Enter" || event.key === " ")) press(button, "click");
    else if (slider && event.key in STEPS) {
      const { rail, whole, at } = now();
      const step = STEPS[event.key], to = Math.min(1, Math.max(0, Number.isFinite(step) ? at + step / (moments - 1) : step > 0));
      press(rail, "mousedown", whole.x + to * whole.width, whole.y + whole.height / 2);
      press(place.querySelector(".js-plotly-plot"), "mouseup");
      slider.setAttribute("aria-valuenow", Math.round(100 * to));
    } else return;
    event.preventDefault();
  };
  prepare();
  const watch = new MutationObserver(prepare);
  watch.observe(place, { subtree: true, childList: true });
  place.addEventListener("keydown", onKey);
  return () => {
    watch.disconnect();
    place.removeEventListener("keydown", onKey);
  };
}
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, Home: -Infinity, End: Infinity };
