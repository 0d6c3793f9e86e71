// JSME as a component: Python sends a mol block to begin with, the drawing goes back as SMILES whenever it changes.
const SOURCE = "app/static/jsme/jsme.nocache.js";
const QUIET = 500; // ms without a change before the drawing is sent

function load() {
  if (window.JSApplet && window.JSApplet.JSME) return Promise.resolve();
  if (!window.matgenSketcher)
    window.matgenSketcher = new Promise((resolve) => {
      window.jsmeOnLoad = resolve;
      const script = document.createElement("script");
      script.src = new URL(SOURCE, document.baseURI).href;
      document.head.appendChild(script);
    });
  return window.matgenSketcher;
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  let place = parentElement.querySelector(".sketcher");
  if (place && place.dataset.version === data.version) return; // the drawing is the user's until another one is asked for
  if (place) place.remove();
  place = document.createElement("div");
  place.className = "sketcher";
  place.dataset.version = data.version;
  place.id = `sketcher-${Math.random().toString(36).slice(2)}`;
  place.setAttribute("role", "application");
  place.setAttribute("aria-label", data.label);
  parentElement.appendChild(place);
  load().then(() => {
    if (!place.isConnected) return;
    const width = Math.max(260, Math.min(700, parentElement.clientWidth || 360));
    const options = "newlook,rbutton,stereo,nohydrogens,nolingo,noquery";
    const editor = new JSApplet.JSME(place.id, `${width}px`, "340px", { options });
    if (data.block) editor.readMolFile(data.block);
    let timer = null;
    editor.setCallBack("AfterStructureModified", () => {
      clearTimeout(timer);
      timer = setTimeout(() => setStateValue("drawn", { version: data.version, smiles: editor.smiles() }), QUIET);
    });
  });
}
