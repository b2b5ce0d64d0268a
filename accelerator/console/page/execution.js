// One execution's detail: each state, what came in and went out, and how often it was tried.
import { html, useRef } from "/page/preact.js";
import { href } from "/page/address.js";
import { Detail } from "/page/detail.js";
import { Json, duration } from "/page/show.js";

export const Outcome = ({ told }) => html`<span class="outcome ${told.outcome}">${told.outcome}</span>`;

export function Execution({ id, told, problem, close, mask }) {
  // What is opened stays so when it is told anew, masked or revealed.
  const opened = useRef(new Set());
  return html`
    <${Detail} title="Execution" id=${id} ...${{ problem, close, mask }}>
      ${told && html`<${Story} ...${{ told, opened: opened.current }} />`}
    <//>
  `;
}

const toggled = (opened, name) => ({
  open: opened.has(name),
  onToggle: ({ target }) => (target.open ? opened.add(name) : opened.delete(name)),
});

const objectOf = ({ key, entityId }) =>
  href("objects", { entity: key.split("/")[0], id: entityId, open: key });

// A failure that kept no id is found by its event's.
const failureOf = ({ failureId, eventId }) =>
  href("failures", failureId ? { open: failureId } : { text: eventId });

function Story({ told, opened }) {
  return html`
    <p class="result">
      <${Outcome} told=${told} /> <b>${told.eventType ?? "unknown event"}</b> ${told.entityId ?? ""}
      ${told.errorCode && html` <code>${told.errorCode}</code>`}
      ${told.key && html` <a href=${objectOf(told)}>${told.key}</a>`}
      ${told.outcome === "failed" && html` <a href=${failureOf(told)}>Its failure</a>`}
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
    <details ...${toggled(opened, "event")}>
      <summary>Event</summary>
      <${Json} label="Event" data=${told.event} />
    </details>
    ${told.states.map((state, n) => html`<${State} key=${n} state=${state} opens=${toggled(opened, n)} />`)}
  `;
}

function State({ state, opens }) {
  const failed = state.attempts.filter((attempt) => attempt.error);
  return html`
    <details class="visit" ...${opens}>
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
