// The failed events: filtered, chosen, and sent again.
import { html, useEffect, useRef, useState } from "/page/preact.js";
import { href } from "/page/address.js";
import { useAnswer } from "/page/answer.js";
import { get, post } from "/page/api.js";
import { Failure } from "/page/failure.js";
import { live, useProblem } from "/page/live.js";
import { Search, Select, clock } from "/page/show.js";

const CATEGORIES = ["transient", "permanent"];

// A look that takes longer than this is not repeated by itself; one at nothing takes two seconds.
const QUICK_SECONDS = 4;

const getFailures = (query) => get("/api/failures", query);

export function Failures({ query, filter, open, close, mask }) {
  const { text = "", category = "", error_code: errorCode = "" } = query;
  const [chosen, setChosen] = useState(new Set());
  const [busy, setBusy] = useState(false);
  const [look, setLook] = useState(Date.now);
  const question = useRef();
  const load = () => setLook(Date.now);
  const first = useRef(true);
  const { answer: found, problem } = useAnswer(
    getFailures,
    { text, category, error_code: errorCode, look },
    [],
    first.current ? 0 : 300,
  );
  first.current = false;
  useProblem(problem);
  const ended = (live.outcomes.get("failed") ?? 0) + (live.outcomes.get("stored") ?? 0);

  useEffect(() => {
    if (!found) return;
    const ids = new Set(found.failures.map(({ id }) => id));
    setChosen((before) => new Set([...before].filter((id) => ids.has(id))));
  }, [found]);
  // Looked at again a moment after executions end, of which a look that was begun before may not tell.
  const endedBefore = useRef();
  useEffect(() => {
    endedBefore.current = ended;
  }, [look]);
  useEffect(() => {
    if (!found || found.seconds > QUICK_SECONDS || ended === endedBefore.current) return;
    const soon = setTimeout(load, 1000);
    return () => clearTimeout(soon);
  }, [ended, found]);

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
    live.tell(`Starting ${ids.length} ...`);
    try {
      const { started, told } = await post("/api/failures/redrive", { ids });
      live.tell([`Started ${started}.`, ...told].join(" "));
      setChosen(new Set());
    } catch (error) {
      live.tell(error.message, true);
    }
    load();
    setBusy(false);
  };

  const all = errors.reduce((sum, { count }) => sum + count, 0);
  const none = all ? `None of the ${all} failures match.` : "No failures: nothing is left to send again.";

  return html`
    ${query.open && html`<${Failure} key=${query.open} id=${query.open} ...${{ close, mask }} />`}
    <section aria-labelledby="failures-title" hidden=${Boolean(query.open)}>
      <div class="bar">
        <h2 id="failures-title">Failures</h2>
        <${Search} label="Show failures with" hint="error, event type, id or state" value=${text} set=${(text) => filter({ text })} />
        <${Select} label="Category" any="any category" options=${CATEGORIES} value=${category} set=${(category) => filter({ category })} />
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
              onClick=${() => filter({ error_code: error.errorCode === errorCode ? "" : error.errorCode })}
            >
              ${error.errorCode} <b>${error.count}</b>
            </button>
          </li>`,
        )}
      </ul>
      ${!found && !problem && html`<p class="none">Looking at the queues ...</p>`}
      ${found && !shown.length && html`<p class="none">${none}</p>`}
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
            ${shown.map((told) => html`<${Row} key=${told.id} ...${{ told, query, pick }} isChosen=${chosen.has(told.id)} />`)}
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

function Row({ told, query, isChosen, pick }) {
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
        the ${told.place}<br />
        <a href=${href("failures", { ...query, open: told.id })} data-opens=${told.id}>${told.message}</a>
      </td>
      <td><b>${told.eventType}</b><br />${told.entityId ?? "no id"}</td>
    </tr>
  `;
}
