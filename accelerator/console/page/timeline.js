// The stored states of one entity, newest first, each with what changed against the one before.
import { html } from "/page/preact.js";
import { href } from "/page/address.js";
import { useAnswer } from "/page/answer.js";
import { get } from "/page/api.js";
import { useProblem } from "/page/live.js";

const MARKS = { added: "+", removed: "-", changed: "±", moved: "↕" };
const getHistory = (query) => get("/api/history", query);

export function Timeline({ query, looks, mask }) {
  const { entity = "", id } = query;
  const asked = { entity, id, reveal: mask.reveal };
  const { answer, problem, isCurrent } = useAnswer(getHistory, asked, [looks]);
  useProblem(problem);
  const found = isCurrent ? answer : undefined;
  const of = `${entity || "entity"} ${id}`;
  return html`
    ${!found && !problem && html`<p class="none">Looking for what is stored of ${of} ...</p>`}
    ${found && !found.count && html`<p class="none">Nothing is stored of ${of}.</p>`}
    ${found?.count > found?.states.length &&
    html`<p class="kind">The newest ${found.states.length} of ${found.count} states.</p>`}
    <ol class="timeline" aria-label="States, newest first">
      ${(found?.states ?? []).map((state) => html`<${State} key=${state.key} ...${{ state, query }} />`)}
    </ol>
  `;
}

const State = ({ state, query }) => html`
  <li>
    <p>
      <time datetime=${state.time}>${new Date(state.time).toLocaleString()}</time> <b>${state.eventType}</b>
    </p>
    <a href=${href("objects", { ...query, open: state.key })} data-opens=${state.key}>${state.key}</a>
    ${state.readable
      ? state.changes === null && html`<p class="kind">The first state.</p>`
      : html`<p class="kind">It cannot be read.</p>`}
    ${state.otherDocument && html`<p class="kind">Asked for with another document than the last.</p>`}
    ${state.changes?.length === 0 && html`<p class="kind">Nothing changed.</p>`}
    <ul>
      ${(state.changes ?? []).map((change, number) => html`<${Change} key=${number} change=${change} />`)}
    </ul>
  </li>
`;

const Change = ({ change: { path, what, before, after } }) => html`
  <li class="change ${what}">
    <span aria-hidden="true">${MARKS[what]}</span> ${what} <code>${path}</code>
    ${what !== "added" && html` <del>${JSON.stringify(before)}</del>`}
    ${what !== "removed" && html` <ins>${JSON.stringify(after)}</ins>`}
  </li>
`;
