// The list of executions, of which only the rows in sight are drawn, and one execution's detail.
import { html, useEffect, useLayoutEffect, useRef, useState } from "/page/preact.js";
import { get } from "/page/api.js";
import { Json, Search, Select, clock, duration } from "/page/show.js";
import { live } from "/page/live.js";

const ROW = 52;
const BEYOND = 6;
export const OUTCOMES = ["running", "stored", "ignored", "postponed", "failed", "unlogged"];

const holds = (told, text) =>
  [told.entityId, told.eventId, told.eventType, told.errorCode].some((each) =>
    each?.toLowerCase().includes(text),
  );

export function Executions({ chosen, choose }) {
  const [text, setText] = useState("");
  const [outcome, setOutcome] = useState("");
  const wanted = text.toLowerCase();
  const rows = live.rows.filter(
    (told) => (!outcome || told.outcome === outcome) && (!wanted || holds(told, wanted)),
  );
  return html`
    <section aria-labelledby="executions-title">
      <div class="bar">
        <div class="title">
          <h2 id="executions-title">Executions</h2>
          <span class="count" data-count=${rows.length}>${rows.length}</span>
        </div>
        <${Search} label="Show executions with" hint="id, event type or error" value=${text} set=${setText} />
        <${Select} label="Outcome" any="any outcome" options=${OUTCOMES} value=${outcome} set=${setOutcome} />
      </div>
      <${List} rows=${rows} chosen=${chosen} choose=${choose} />
    </section>
  `;
}

function List({ rows, chosen, choose }) {
  const box = useRef();
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const anchor = useRef({});
  const [active, setActive] = useState();

  // Rows that arrive above leave what is being read where it is.
  useLayoutEffect(() => {
    const { arn, index } = anchor.current;
    const added = rows.findIndex((told) => told.executionArn === arn) - index;
    if (added > 0 && box.current.scrollTop > 0) box.current.scrollTop += added * ROW;
    const top = Math.floor(box.current.scrollTop / ROW);
    anchor.current = { arn: rows[top]?.executionArn, index: top };
  });
  useEffect(() => {
    const measure = () =>
      box.current && setSeen({ top: box.current.scrollTop, height: box.current.clientHeight });
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);

  const at = rows.findIndex((told) => told.executionArn === active);
  const start = Math.max(0, Math.floor(seen.top / ROW) - BEYOND);
  const end = Math.min(rows.length, Math.ceil((seen.top + seen.height) / ROW) + BEYOND);

  const move = (event) => {
    const page = Math.floor(seen.height / ROW);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    if (event.key === "Enter" && at >= 0) return choose(rows[at].executionArn);
    if (!(event.key in steps) || !rows.length) return;
    event.preventDefault();
    const next = Math.min(rows.length - 1, Math.max(0, (at < 0 ? -1 : at) + steps[event.key]));
    setActive(rows[next].executionArn);
    const { scrollTop, clientHeight } = box.current;
    if (next * ROW < scrollTop) box.current.scrollTop = next * ROW;
    if ((next + 1) * ROW > scrollTop + clientHeight) box.current.scrollTop = (next + 1) * ROW - clientHeight;
  };

  return html`
    <div
      class="list"
      ref=${box}
      role="listbox"
      tabindex="0"
      aria-label="Executions, newest first"
      aria-activedescendant=${at >= start && at < end ? `row-${at}` : undefined}
      onScroll=${() => setSeen({ top: box.current.scrollTop, height: box.current.clientHeight })}
      onKeyDown=${move}
    >
      ${!rows.length && html`<p class="none" role="option" aria-selected="false">No executions yet.</p>`}
      <div style=${{ height: `${start * ROW}px` }} role="presentation"></div>
      ${rows.slice(start, end).map(
        (told, n) => html`
          <div
            key=${told.executionArn}
            id="row-${start + n}"
            class="row ${told.executionArn === active ? "active" : ""}"
            role="option"
            aria-selected=${told.executionArn === chosen}
            aria-posinset=${start + n + 1}
            aria-setsize=${rows.length}
            onClick=${() => choose(told.executionArn)}
          >
            <span class="first">
              <time>${told.time ? clock(told.time) : "not logged"}</time> <b>${told.eventType ?? "unknown event"}</b> ${told.entityId ?? ""}
            </span>
            <span class="second">
              <${Outcome} told=${told} /> ${told.key ?? told.errorCode ?? told.path.at(-1) ?? ""}
            </span>
            <span class="time">${duration(told.durationMs)}</span>
          </div>
        `,
      )}
      <div style=${{ height: `${(rows.length - end) * ROW}px` }} role="presentation"></div>
    </div>
  `;
}

const Outcome = ({ told }) => html`<span class="outcome ${told.outcome}">${told.outcome}</span>`;

export function Execution({ arn, close, openObject }) {
  const [told, setTold] = useState();
  const [problem, setProblem] = useState();
  const heading = useRef();
  const { outcome, path } = live.byArn.get(arn) ?? {};
  // Asked again whenever the list tells of a change, until it has ended.
  useEffect(() => {
    get("/api/execution", { arn }).then(setTold, (error) => setProblem(error.message));
  }, [arn, outcome, path?.length]);
  useEffect(() => heading.current?.focus(), [arn]);
  return html`
    <section class="detail" aria-labelledby="detail-title">
      <div class="bar">
        <h2 id="detail-title" tabindex="-1" ref=${heading}>Execution</h2>
        <button onClick=${close}>Back to the list</button>
      </div>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`} ${told && html`<${Story} ...${{ told, openObject }} />`}
    </section>
  `;
}

function Story({ told, openObject }) {
  return html`
    <p class="result">
      <${Outcome} told=${told} /> <b>${told.eventType ?? "unknown event"}</b> ${told.entityId ?? ""}
      ${told.errorCode && html` <code>${told.errorCode}</code>`}
      ${told.key && html` <button class="link" onClick=${() => openObject(told.key)}>${told.key}</button>`}
    </p>
    <dl>
      <dt>Started</dt>
      <dd>${told.time ? new Date(told.time).toLocaleString() : "start not logged"}, ${duration(told.durationMs) || (told.outcome === "running" ? "running" : "duration not logged")}</dd>
      <dt>Event</dt>
      <dd><code>${told.eventId ?? "unknown"}</code></dd>
      <dt>Execution</dt>
      <dd><code>${told.executionArn}</code></dd>
      ${told.traceId && html`<dt>Trace</dt><dd><code>${told.traceId}</code></dd>`}
    </dl>
    <details>
      <summary>Event</summary>
      <${Json} label="Event" data=${told.event} />
    </details>
    ${told.states.map((state, n) => html`<${State} key=${n} state=${state} />`)}
  `;
}

function State({ state }) {
  const failed = state.attempts.filter((attempt) => attempt.error);
  return html`
    <details class="visit">
      <summary>
        <b>${state.name}</b> <span class="kind">${state.type}</span>
        ${state.attempts.length > 1 && html` <span class="kind">${state.attempts.length} attempts</span>`}
        ${failed.length > 0 && html` <code>${failed.at(-1).error}</code>`}
        <span class="time">${duration(state.durationMs)}</span>
      </summary>
      ${state.attempts.length > 0 &&
      html`<ol>
        ${state.attempts.map(
          (attempt) => html`<li>
            ${attempt.delayMs !== null && `after ${duration(attempt.delayMs)}, `}${duration(attempt.durationMs)}:${" "}
            ${attempt.error ? html`<code>${attempt.error}</code> ${attempt.cause}` : "succeeded"}
          </li>`,
        )}
      </ol>`}
      <h3>Input</h3>
      <${Json} label="Input of ${state.name}" data=${state.input} />
      <h3>Output</h3>
      <${Json} label="Output of ${state.name}" data=${state.output} />
    </details>
  `;
}
