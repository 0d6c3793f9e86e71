// Keeps a student's answers in this browser: read once when a session begins, written whenever they change.
export default function (component) {
  const { data, setTriggerValue } = component;
  const KEY = "matgen-notebook";
  try {
    if (data.task === "read") setTriggerValue("kept", localStorage.getItem(KEY) || "{}");
    else if (data.task === "forget") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, data.entries);
  } catch {
    if (data.task === "read") setTriggerValue("kept", "{}"); // a browser that keeps nothing
  }
}
