/** A computer's keyboard as the phone's: which key is which, and what is a letter to be written. */

const KEYS = {
  ArrowUp: "up",
  ArrowDown: "down",
  ArrowLeft: "left",
  ArrowRight: "right",
  Enter: "ok",
  Escape: "escape",
  Backspace: "clear",
  Delete: "clear",
  F1: "soft-left",
  F2: "soft-right",
  Home: "call",
  End: "end",
};

/**
 * Listens to a computer's keyboard.
 * @param {HTMLElement} root the phone
 * @param {EventTarget} source where keys are listened to: the phone, or the document where it is the only one that takes keys
 * @param {{key: (name: string) => void, character: (text: string) => void}} handler
 */
export function listen(root, source, handler) {
  const nowhere = [document.body, document.documentElement]; // nothing has the focus
  const ours = (event) => root.contains(event.target) || nowhere.includes(event.target);
  source.addEventListener("keydown", (event) => {
    if (!ours(event) || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (isKeyButton(event.target) && staysWithButton(event.key)) return;
    const name = KEYS[event.key];
    if (name) handler.key(name);
    else if ([...event.key].length === 1) handler.character(event.key);
    else return;
    event.preventDefault();
  });
  source.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain");
    if (!ours(event) || !text) return;
    handler.character(text);
    event.preventDefault();
  });
}

/** Enter and blank press the button that has the focus; arrows go to the next button. */
function staysWithButton(key) {
  return key === "Enter" || key === " " || key.startsWith("Arrow");
}

function isKeyButton(target) {
  return target instanceof HTMLElement && target.dataset.key !== undefined;
}
