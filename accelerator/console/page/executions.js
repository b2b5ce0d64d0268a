// The list of executions, of which only the rows in sight are drawn, beside the state machine.
import { html, useEffect, useLayoutEffect, useRef, useState } from "/page/preact.js";
import { useAnswer } from "/page/answer.js";
import { get } from "/page/api.js";
import { Execution, Outcome } from "/page/execution.js";
import { live } from "/page/live.js";
import { Machine } from "/page/machine.js";
import { Search, Select, clock, duration } from "/page/show.js";

const ROW = 52;
const BEYOND = 6;
export const OUTCOMES = ["running", "stored", "ignored", "postponed", "failed", "uncaught", "unlogged"];

const holds = (told, text) =>
  [told.entityId, told.eventId, told.eventType, told.errorCode].some((each) =>
    each?.toLowerCase().includes(text),
  );

export function Executions({ machine, untold, query, filter, open, close, mask }) {
  const arn = query.open;
  const { outcome, path } = live.byArn.get(arn) ?? {};
  // Asked again whenever the list tells of a change, until it has ended.
  const asked = arn && { arn, reveal: mask.reveal };
  const { answer, problem, isCurrent } = useAnswer(getExecution, asked, [outcome, path?.length]);
  // What is masked may stay until what is revealed has come, and not the other way round.
  const told = isCurrent || (mask.reveal && answer?.executionArn === arn) ? answer : undefined;
  return html`<div class="columns">
    <${Machine} machine=${machine} path=${path ?? told?.path} />
    <div>
      ${arn && html`<${Execution} key=${arn} id=${arn} ...${{ told, problem, close, mask }} />`}
      <div hidden=${Boolean(arn)}><${Listed} ...${{ untold, query, filter, open }} /></div>
    </div>
  </div>`;
}

const getExecution = (query) => get("/api/execution", query);

function Listed({ untold, query, filter, open }) {
  const { text = "", outcome = "" } = query;
  const wanted = text.toLowerCase();
  const rows = live.rows.filter(
    (told) => (!outcome || told.outcome === outcome) && (!wanted || holds(told, wanted)),
  );
  const none = live.rows.length
    ? `None of the ${live.rows.length} executions match.`
    : live.isTold && "No executions yet.";
  return html`
    <section aria-labelledby="executions-title">
      <div class="bar">
        <div class="title">
          <h2 id="executions-title">Executions</h2>
          <span class="count" data-count=${rows.length}>${rows.length}</span>
        </div>
        <${Search} label="Show executions with" hint="id, event type or error" value=${text} set=${(text) => filter({ text })} />
        <${Select} label="Outcome" any="any outcome" options=${OUTCOMES} value=${outcome} set=${(outcome) => filter({ outcome })} />
      </div>
      ${untold && html`<p class="kind">${untold}.</p>`}
      <${List} rows=${rows} chosen=${query.open} choose=${open} none=${none} />
    </section>
  `;
}

function List({ rows, chosen, choose, none }) {
  const box = useRef();
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const anchor = useRef({});
  const [active, setActive] = useState(chosen);
  const before = useRef(chosen);
  // How far below the list's edge the row was that was opened.
  const below = useRef();

  const at = rows.findIndex((told) => told.executionArn === active);
  const opened = (place) => {
    below.current = place * ROW - box.current.scrollTop;
    choose(rows[place].executionArn);
  };

  // Rows that arrive above leave what is being read where it is.
  useLayoutEffect(() => {
    const { arn, index } = anchor.current;
    const added = rows.findIndex((told) => told.executionArn === arn) - index;
    const isRead = box.current.scrollTop > 0 || (at > 0 && document.activeElement === box.current);
    if (added > 0 && isRead) box.current.scrollTop += added * ROW;
    const top = Math.floor(box.current.scrollTop / ROW);
    anchor.current = { arn: rows[top]?.executionArn, index: top };
  });
  // Whoever comes back from an execution is where it was opened.
  useEffect(() => {
    if (chosen) setActive(chosen);
    else if (before.current) {
      box.current.focus({ preventScroll: true });
      if (at >= 0) box.current.scrollTop = at * ROW - (below.current ?? box.current.clientHeight / 2);
    }
    before.current = chosen;
  }, [chosen]);
  useEffect(() => {
    const measure = () =>
      box.current && setSeen({ top: box.current.scrollTop, height: box.current.clientHeight });
    measure();
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, []);

  const start = Math.max(0, Math.floor(seen.top / ROW) - BEYOND);
  const end = Math.min(rows.length, Math.ceil((seen.top + seen.height) / ROW) + BEYOND);

  const move = (event) => {
    const page = Math.floor(seen.height / ROW);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -rows.length, End: rows.length };
    if (event.key === "Enter" && at >= 0) return opened(at);
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
      ${!rows.length && none && html`<p class="none" role="option" aria-selected="false">${none}</p>`}
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
            onClick=${() => opened(start + n)}
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
