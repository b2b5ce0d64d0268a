// The stored objects, of which an id chooses those of one entity, and the content of one.
import { html, useState } from "/page/preact.js";
import { go, href } from "/page/address.js";
import { useAnswer } from "/page/answer.js";
import { get } from "/page/api.js";
import { Detail, Reveal } from "/page/detail.js";
import { useProblem } from "/page/live.js";
import { Search, Select } from "/page/show.js";
import { Timeline } from "/page/timeline.js";

const getObject = (query) => get("/api/object", query);

export function Objects({ bucket, entities, query, filter, close, mask }) {
  const { entity = "", id = "", open: key } = query;
  const [looks, setLooks] = useState(0);
  return html`
    ${key && html`<${Content} key=${key} name=${key} ...${{ close, mask }} />`}
    <section aria-labelledby="objects-title" hidden=${Boolean(key)}>
      <div class="bar">
        <h2 id="objects-title">Objects</h2>
        <${Select} label="Entity" any="any entity" options=${entities} value=${entity} set=${(entity) => filter({ entity })} />
        <${Ids} key=${id} ...${{ entity, id }} />
        ${id && html`<a class="button" href=${href("objects", { entity })}>Show all</a>`}
        <button onClick=${() => setLooks(looks + 1)}>Refresh</button>
        ${id && html`<${Reveal} mask=${mask} />`}
      </div>
      <p class="kind">in ${bucket}</p>
      ${id
        ? html`<${Timeline} ...${{ query, looks, mask }} />`
        : html`<${Keys} key=${entity} ...${{ query, looks }} />`}
    </section>
  `;
}

// What is typed is looked for when it is whole: each look lists every key of the entity.
function Ids({ entity, id }) {
  const [typed, setTyped] = useState(id);
  const search = (event) => {
    event.preventDefault();
    go("objects", { entity, id: typed.trim() });
  };
  return html`<form class="ids" role="search" onSubmit=${search}>
    <${Search} label="Id of an entity" hint="id of an ${entity || "entity"}" value=${typed} set=${setTyped} />
    <button class="main">Show its states</button>
  </form>`;
}

// As many pages as were asked for, since keys come and go meanwhile.
async function getObjects({ prefix, pages }) {
  const told = { objects: [], more: true };
  for (let page = 0; page < pages && told.more; page += 1) {
    const after = told.objects.at(-1)?.key ?? "";
    const { objects, more } = await get("/api/objects", { prefix, after });
    told.objects.push(...objects);
    told.more = more;
  }
  return told;
}

function Keys({ query, looks }) {
  const { entity } = query;
  const [pages, setPages] = useState(1);
  const asked = { prefix: entity ? `${entity}/` : "", pages };
  const { answer: found, problem } = useAnswer(getObjects, asked, [looks]);
  useProblem(problem);
  const none = entity ? `Nothing is stored of any ${entity}.` : "No objects yet.";
  return html`
    ${found && !found.objects.length && html`<p class="none">${none}</p>`}
    <ul class="keys">
      ${(found?.objects ?? []).map(
        (told) => html`<li key=${told.key}>
          <a href=${href("objects", { ...query, open: told.key })} data-opens=${told.key}>${told.key}</a>
          ${told.entityId &&
          html`<a href=${href("objects", { entity: told.entity, id: told.entityId })} title="Its states">${told.entityId}</a>`}
          <span class="time">${(told.size / 1024).toFixed(1)} KB</span>
        </li>`,
      )}
    </ul>
    ${found?.more && html`<button onClick=${() => setPages(pages + 1)}>More</button>`}
  `;
}

function Content({ name, close, mask }) {
  const { answer, problem, isCurrent } = useAnswer(getObject, { key: name, reveal: mask.reveal });
  return html`
    <${Detail} title="Object" id=${name} ...${{ problem, close, mask }}>
      <code class="key">${name}</code>
      <dl>
        ${Object.entries(answer?.metadata ?? {}).map(
          ([name, value]) => html`<dt>${name}</dt><dd><code>${value}</code></dd>`,
        )}
      </dl>
      <pre class="content" aria-busy=${!isCurrent && !problem} tabindex="0" role="group" aria-label="Content of the object">${isCurrent && answer?.text}</pre>
    <//>
  `;
}
