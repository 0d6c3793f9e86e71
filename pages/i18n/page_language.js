// States the language of the page, and says Streamlit's own words in it: Streamlit has no setting for them.
// Only what stands in Streamlit's own controls is changed (data.where), and only where the whole text, or what stands
// before its colon, is one of its words (data.words), or it is one of its templates with one value (data.templates).
const NAMES = ["aria-label", "placeholder", "title", "data-title"];
const LONGEST = 120;
const state = (window.matgenWords ??= { texts: new WeakMap(), names: new WeakMap(), translate: (text) => text });

function compile({ words, templates }) {
  const known = new Map(Object.entries(words));
  const patterns = templates.map(([template, translation]) => {
    const [before, after] = template.split("{x}");
    return { before, after, translation };
  });
  return (text) => {
    if (text.length > LONGEST) return text;
    const bare = text.trim();
    // A table's tools are named "Search: what the table is".
    const word = bare.split(": ", 1)[0];
    if (known.has(word)) return text.replace(word, () => known.get(word));
    for (const { before, after, translation } of patterns) {
      if (bare.length > before.length + after.length && bare.startsWith(before) && bare.endsWith(after))
        return translation.replace("{x}", () => bare.slice(before.length, bare.length - after.length));
    }
    return text;
  };
}

// What Streamlit wrote is kept beside what is shown, so that another language begins from it.
function said(shown, kept) {
  const source = kept && kept.shown === shown ? kept.source : shown;
  return { source, shown: state.translate(source) };
}

function sayText(node) {
  const parent = node.parentElement;
  if (!parent) return;
  const next = said(node.data, state.texts.get(node));
  if (next.shown === node.data || !parent.closest(state.where)) return;
  state.texts.set(node, next);
  node.data = next.shown;
}

function sayNames(element) {
  for (const name of NAMES) {
    const shown = element.getAttribute(name);
    if (!shown) continue;
    const kept = state.names.get(element) ?? {};
    const next = said(shown, kept[name]);
    if (next.shown === shown || !element.closest(state.where)) continue;
    state.names.set(element, { ...kept, [name]: next });
    element.setAttribute(name, next.shown);
  }
}

function sayAll(root) {
  if (root.nodeType === Node.TEXT_NODE) return sayText(root);
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  sayNames(root);
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.TEXT_NODE) sayText(node);
    else sayNames(node);
  }
}

export default function ({ data }) {
  document.documentElement.lang = data.lang;
  if (state.lang === data.lang) return;
  const first = state.lang === undefined;
  Object.assign(state, { lang: data.lang, where: data.where, translate: compile(data) });
  if (!(first && data.lang === "en")) sayAll(document.body);
  if (data.lang !== "en" && !state.observer) {
    state.observer = new MutationObserver((changes) => {
      for (const change of changes) {
        if (change.type === "childList") change.addedNodes.forEach(sayAll);
        else if (change.type === "characterData") sayText(change.target);
        else sayNames(change.target);
      }
    });
    state.observer.observe(document.body, {
      childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: NAMES,
    });
  }
}
