// The token of the console's run. It comes as the whole fragment of the address that the console
// printed, and this browser keeps it for this host and port, so that every other address of the page
// works without it. One that is new, in whatever tab it was opened, is used by all.
const NAME = "token";
const listeners = new Set();
let token = "";

// A browser may be set to keep nothing.
function kept(use) {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}

function taken(given) {
  if (!given || given === token) return;
  token = given;
  for (const listener of listeners) listener();
}

// Takes the token out of the address, where what was shown before comes back.
function readAddress(before) {
  const given = location.hash.slice(1);
  if (!given || given.startsWith("/")) return;
  history.replaceState(null, "", before || "#/");
  taken(given);
}

// Once the console has taken it: an address of another run is not to lock out the other tabs.
export const keepToken = () => kept((storage) => storage.setItem(NAME, token));

// Takes the kept one in place of one that was refused; whether that is another.
export function fallBack() {
  const before = token;
  taken(kept((storage) => storage.getItem(NAME)));
  return token !== before;
}

token = kept((storage) => storage.getItem(NAME)) ?? "";
readAddress();
addEventListener("hashchange", ({ oldURL }) => readAddress(new URL(oldURL).hash));
addEventListener("storage", ({ key, newValue }) => key === NAME && taken(newValue));

export const currentToken = () => token;
export const onNewToken = (listener) => listeners.add(listener);
