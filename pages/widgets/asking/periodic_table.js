// The periodic table as buttons. Python sends where each element stands and its state; a click sends the symbol back.
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  let table = parentElement.querySelector(".table");
  if (!table) {
    table = document.createElement("div");
    table.className = "table";
    table.setAttribute("role", "group");
    parentElement.appendChild(table);
  }
  table.setAttribute("aria-label", data.label);
  table.replaceChildren(
    ...data.elements.map(({ symbol, row, column, state, title }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = symbol;
      button.title = title;
      button.setAttribute("aria-label", title);
      button.setAttribute("aria-pressed", String(state !== "" && state !== "off"));
      button.className = state;
      button.style.gridArea = `${row} / ${column}`;
      button.onclick = () => setTriggerValue("clicked", symbol);
      return button;
    }),
  );
}
