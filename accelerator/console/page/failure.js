// One failure with its event.
import { html } from "/page/preact.js";
import { href } from "/page/address.js";
import { useAnswer } from "/page/answer.js";
import { get } from "/page/api.js";
import { Detail } from "/page/detail.js";
import { Json } from "/page/show.js";

const getFailure = (query) => get("/api/failure", query);

export function Failure({ id, close, mask }) {
  const { answer, problem, isCurrent } = useAnswer(getFailure, { id, reveal: mask.reveal });
  const told = isCurrent ? answer : undefined;
  return html`
    <${Detail} title="Failure" id=${id} ...${{ problem, close, mask }}>
      ${!told && !problem && html`<p class="none">Looking for it in the queues ...</p>`}
      ${told && html`<${Told} told=${told} />`}
    <//>
  `;
}

const Told = ({ told }) => html`
  <p class="result">
    <code>${told.errorCode}</code> <span class="kind">${told.category}</span> <b>${told.eventType}</b>
    ${" "}${told.entityId ?? "no id"}
    ${told.executionArn && html` <a href=${href("executions", { open: told.executionArn })}>Its execution</a>`}
  </p>
  <p>${told.message}</p>
  <dl>
    <dt>Failed</dt>
    <dd>${new Date(told.time).toLocaleString()} in ${told.failedState}</dd>
    <dt>Event</dt>
    <dd><code>${told.eventId ?? "unknown"}</code></dd>
    <dt>Kept</dt>
    <dd>in the ${told.place} as <code>${told.id}</code></dd>
  </dl>
  <${Json} label="Failure message" data=${told} />
`;
