// The failed events: filtered, chosen, and sent again.
import { html, useEffect, useRef, useState } from "/page/preact.js";
import { get, post } from "/page/api.js";
import { live } from "/page/live.js";
import { Json, Search, Select, clock } from "/page/show.js";

const CATEGORIES = ["transient", "permanent"];

// A look that takes longer than this is not repeated by itself; one at nothing takes two seconds.
const QUICK_MS = 4000;

export function Failures({ tell }) {
  const [found, setFound] = useState();
  const [text, setText] = useState("");
  const [category, setCategory] = useState("");
  const [errorCode, setErrorCode] = useState("");
  const [chosen, setChosen] = useState(new Set());
  const [busy, setBusy] = useState(false);
  const question = useRef();
  const wanted = useRef();
  wanted.current = { text, category, error_code: errorCode };
  const asked = useRef(0);
  const took = useRef(0);
  const ended = (live.outcomes.get("failed") ?? 0) + (live.outcomes.get("stored") ?? 0);

  // Only the answer to the latest question is shown.
  const load = async () => {
    const number = ++asked.current;
    const start = performance.now();
    try {
      const answer = await get("/api/failures", wanted.current);
      if (number !== asked.current) return;
      const ids = new Set(answer.failures.map(({ id }) => id));
      setFound(answer);
      setChosen((before) => new Set([...before].filter((id) => ids.has(id))));
    } catch (error) {
      if (number === asked.current) tell(error.message);
    }
    took.current = performance.now() - start;
  };
  useEffect(() => {
    const soon = setTimeout(load, found ? 300 : 0);
    return () => clearTimeout(soon);
  }, [text, category, errorCode]);
  // Looked at again a moment after executions end.
  useEffect(() => {
    if (!found || took.current > QUICK_MS) return;
    const soon = setTimeout(load, 1000);
    return () => clearTimeout(soon);
  }, [ended]);

  const errors = found?.errors ?? [];
  const isGone = errorCode && !errors.some((error) => error.errorCode === errorCode);
  const groups = isGone ? [...errors, { errorCode, count: 0 }] : errors;
  const shown = found?.failures ?? [];
  const ids = shown.map(({ id }) => id).filter((id) => chosen.has(id));

  const pick = (names, isPicked) => {
    const next = new Set(chosen);
    for (const name of names) isPicked ? next.add(name) : next.delete(name);
    setChosen(next);
  };
  const redrive = async () => {
    question.current.close();
    setBusy(true);
    try {
      const { started, told } = await post("/api/failures/redrive", { ids });
      tell([`Started ${started}.`, ...told].join(" "));
      setChosen(new Set());
    } catch (error) {
      tell(error.message);
    }
    await load();
    setBusy(false);
  };

  return html`
    <section aria-labelledby="failures-title">
      <div class="bar">
        <h2 id="failures-title">Failures</h2>
        <${Search} label="Show failures with" hint="error, event type, id or state" value=${text} set=${setText} />
        <${Select} label="Category" any="any category" options=${CATEGORIES} value=${category} set=${setCategory} />
        <button onClick=${load}>Refresh</button>
        <button class="main redrive" disabled=${!ids.length || busy} onClick=${() => question.current.showModal()}>
          Redrive ${ids.length || ""}
        </button>
      </div>
      <ul class="errors" aria-label="Failures by error">
        ${groups.map(
          (error) => html`<li>
            <button
              aria-pressed=${error.errorCode === errorCode}
              onClick=${() => setErrorCode(error.errorCode === errorCode ? "" : error.errorCode)}
            >
              ${error.errorCode} <b>${error.count}</b>
            </button>
          </li>`,
        )}
      </ul>
      ${found && !shown.length && html`<p class="none">${groups.length ? "None of these." : "No failures."}</p>`}
      ${found?.count > shown.length && html`<p class="kind">The newest ${shown.length} of ${found.count}.</p>`}
      ${shown.length > 0 &&
      html`<div class="scroll" tabindex="0" role="group" aria-label="Failures">
        <table>
          <thead>
            <tr>
              <th>
                <input
                  type="checkbox"
                  aria-label="All"
                  checked=${ids.length === shown.length}
                  onChange=${(event) => pick(shown.map(({ id }) => id), event.target.checked)}
                />
              </th>
              <th>Error</th>
              <th>Event</th>
            </tr>
          </thead>
          <tbody>
            ${shown.map((told) => html`<${Failure} key=${told.id} ...${{ told, tell }} isChosen=${chosen.has(told.id)} pick=${pick} />`)}
          </tbody>
        </table>
      </div>`}
      <dialog ref=${question} aria-labelledby="question">
        <p id="question">Start ${ids.length === 1 ? "an execution" : "executions"} with ${ids.length} failed event${ids.length === 1 ? "" : "s"} again?</p>
        <div class="bar">
          <button onClick=${() => question.current.close()}>Cancel</button>
          <button class="main" onClick=${redrive}>Send again</button>
        </div>
      </dialog>
    </section>
  `;
}

function Failure({ told, isChosen, pick, tell }) {
  const [whole, setWhole] = useState();
  const open = (event) => {
    if (event.target.open && !whole)
      get("/api/failure", { id: told.id }).then(setWhole, (error) => tell(error.message));
  };
  return html`
    <tr>
      <td>
        <input
          type="checkbox"
          aria-label="Choose ${told.errorCode} of ${told.entityId ?? told.eventId}"
          checked=${isChosen}
          onChange=${(event) => pick([told.id], event.target.checked)}
        />
      </td>
      <td>
        <code>${told.errorCode}</code> <span class="kind">${told.category}</span><br />in ${told.failedState} at ${clock(told.time)}, from
        the ${told.place}
        <details onToggle=${open}>
          <summary>${told.message}</summary>
          ${whole && html`<${Json} label="Failure" data=${whole} />`}
        </details>
      </td>
      <td><b>${told.eventType}</b><br />${told.entityId ?? "no id"}</td>
    </tr>
  `;
}
