// A list that is ordered by dragging or by the arrow buttons; the order goes to Python.
export default function (component) {
  const { data, parentElement, setStateValue } = component;
  let list = parentElement.querySelector("ol");
  if (!list) {
    list = document.createElement("ol");
    parentElement.appendChild(list);
  }
  list.setAttribute("aria-label", data.label);
  const root = parentElement.getRootNode();
  // A button that moves, or is drawn anew, loses the focus: it is given back, at an end to the other button.
  const focus = (key, by) => {
    const item = [...list.children].find((each) => each.dataset.key === key);
    const [up, down] = item ? item.querySelectorAll("button") : [];
    const wanted = by < 0 ? (item?.previousElementSibling ? up : down) : (item?.nextElementSibling ? down : up);
    wanted?.focus();
  };
  const held = root.activeElement?.closest?.("li") && list.contains(root.activeElement)
    ? [root.activeElement.closest("li").dataset.key, Number(root.activeElement.dataset.by)] : null;
  const send = () => setStateValue("order", [...list.children].map((item) => item.dataset.key));
  const move = (item, by) => {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    by < 0 ? other.before(item) : other.after(item);
    focus(item.dataset.key, by);
    send();
  };
  let dragged = null;
  list.replaceChildren(
    ...data.items.map(({ key, name }) => {
      const item = document.createElement("li");
      item.dataset.key = key;
      item.draggable = true;
      const words = document.createElement("span");
      words.textContent = name;
      item.append(words);
      for (const [by, sign, label] of [[-1, "↑", data.up], [1, "↓", data.down]]) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = sign;
        button.dataset.by = by;
        button.setAttribute("aria-label", `${label}: ${name}`);
        button.onclick = () => move(item, by);
        item.append(button);
      }
      item.ondragstart = (event) => {
        dragged = item;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", key);
      };
      item.ondragover = (event) => {
        event.preventDefault();
        if (!dragged || dragged === item) return;
        const box = item.getBoundingClientRect();
        event.clientY < box.top + box.height / 2 ? item.before(dragged) : item.after(dragged);
      };
      item.ondrop = (event) => event.preventDefault();
      item.ondragend = () => {
        dragged = null;
        send();
      };
      return item;
    }),
  );
  if (held) focus(...held);
}
