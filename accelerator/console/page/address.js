// What is shown is in the address, `#/view?name=value`: back, reload and links work by themselves.
import { useEffect, useState } from "/page/preact.js";

export const VIEWS = ["executions", "failures", "objects"];
const listeners = new Set();

export function href(view, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  return `#/${view}${given.length ? `?${new URLSearchParams(given)}` : ""}`;
}

function read() {
  const [view, ...query] = location.hash.slice(2).split("?");
  return {
    view: VIEWS.includes(view) ? view : VIEWS[0],
    query: Object.fromEntries(new URLSearchParams(query.join("?"))),
  };
}

// Another entry of the history: what is opened or closed.
export const go = (view, query) => (location.hash = href(view, query));

// The same entry, such as for each letter of a filter.
export function replace(view, query) {
  history.replaceState(null, "", href(view, query));
  for (const listener of listeners) listener();
}

export function useAddress() {
  const [address, set] = useState(read);
  useEffect(() => {
    const listener = () => set(read());
    listeners.add(listener);
    addEventListener("hashchange", listener);
    return () => {
      listeners.delete(listener);
      removeEventListener("hashchange", listener);
    };
  }, []);
  return address;
}
