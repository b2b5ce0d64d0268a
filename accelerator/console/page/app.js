// The page: the views, of which the address tells which is shown, and what is told at the bottom.
import { html, render, useEffect, useLayoutEffect, useRef, useState } from "/page/preact.js";
import { VIEWS, go, href, replace, useAddress } from "/page/address.js";
import { Executions, OUTCOMES } from "/page/executions.js";
import { Failures } from "/page/failures.js";
import { Fire } from "/page/fire.js";
import { live, useLive } from "/page/live.js";
import { Objects } from "/page/objects.js";

const SHOWN = { executions: Executions, failures: Failures, objects: Objects };
const titled = (view) => view[0].toUpperCase() + view.slice(1);

function App() {
  const { view, query } = useAddress();
  const { about } = useLive();
  const [reveal, setReveal] = useState(false);
  // How each view was left, for whoever comes back to it.
  const left = useRef({});
  left.current[view] = query;
  const close = () => go(view, { ...query, open: "" });
  const shown = {
    ...about,
    query,
    filter: (changed) => replace(view, { ...query, ...changed }),
    open: (id) => go(view, { ...query, open: id }),
    close,
    mask: { reveal, set: setReveal },
  };
  useEffect(() => {
    document.title = `${titled(view)} · Event accelerator`;
    // What went wrong in another view is over with it.
    if (live.done.isProblem) live.tell("");
  }, [view]);
  useEscape(query.open && close);

  return html`
    <header>
      <h1>Event accelerator</h1>
      <p class="cloud" title=${about?.cloud}>${about?.cloud ?? "\u00a0"}</p>
      <ul class="outcomes" aria-label="Executions by outcome">
        ${OUTCOMES.map(
          (name) => html`<li data-outcome=${name}><b>${live.isTold ? (live.outcomes.get(name) ?? 0) : "–"}</b> ${name}</li>`,
        )}
      </ul>
    </header>
    <nav aria-label="Views">
      ${VIEWS.map(
        (name) =>
          html`<a
            href=${href(name, name === view ? { ...query, open: "" } : left.current[name])}
            aria-current=${name === view ? "page" : undefined}
            >${titled(name)}</a
          >`,
      )}
    </nav>
    <main>
      ${about
        ? html`${about.eventTypes.length > 0 && html`<${Fire} about=${about} />`} <${SHOWN[view]} key=${view} ...${shown} />`
        : html`<p class="none" role="alert">${live.lost ?? "Connecting ..."}</p>`}
    </main>
    <${Told} />
  `;
}

// What goes wrong now is told before what was done last.
function Told() {
  const wrong = live.about && (live.lost ?? live.problem ?? [...live.problems][0]);
  const { text, isProblem } = wrong ? { text: wrong, isProblem: true } : live.done;
  return html`<footer role="status">
    ${isProblem ? html`<span class="problem">${text}</span>` : text}
  </footer>`;
}

// Escape closes what is open, unless something else within the page takes it.
function useEscape(close) {
  useLayoutEffect(() => {
    if (!close) return;
    const listener = (event) => {
      const { type, value, list } = event.target;
      const isTaken = event.defaultPrevented || (list && value) || (type === "search" && value);
      if (event.key === "Escape" && !isTaken && !document.querySelector("dialog[open]")) close();
    };
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  });
}

live.connect();
render(html`<${App} />`, document.body);
