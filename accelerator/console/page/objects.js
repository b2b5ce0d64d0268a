// The stored objects, by key, and the content of one.
import { html, useState } from "/page/preact.js";
import { href } from "/page/address.js";
import { useAnswer } from "/page/answer.js";
import { get, getText } from "/page/api.js";
import { Detail } from "/page/detail.js";
import { useProblem } from "/page/live.js";
import { Search } from "/page/show.js";

const getObject = (query) => getText("/api/object", query);

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

export function Objects({ bucket, query, filter, close, mask }) {
  const { prefix = "", open: key } = query;
  const [pages, setPages] = useState(1);
  const [looks, setLooks] = useState(0);
  const { answer: found, problem } = useAnswer(getObjects, { prefix, pages }, [looks], 200);
  useProblem(problem);
  const none = prefix ? "No object's key begins so." : "No objects yet.";
  const look = (prefix) => {
    setPages(1);
    filter({ prefix });
  };
  return html`
    ${key && html`<${Content} key=${key} name=${key} ...${{ close, mask }} />`}
    <section aria-labelledby="objects-title" hidden=${Boolean(key)}>
      <div class="bar">
        <h2 id="objects-title">Objects</h2>
        <${Search} label="Keys that begin with" hint="the beginning of one" value=${prefix} set=${look} />
        <button onClick=${() => setLooks(looks + 1)}>Refresh</button>
      </div>
      <p class="kind">in ${bucket}</p>
      ${found && !found.objects.length && html`<p class="none">${none}</p>`}
      <ul class="keys">
        ${(found?.objects ?? []).map(
          ({ key, size }) => html`<li key=${key}>
            <a href=${href("objects", { ...query, open: key })} data-opens=${key}>${key}</a>
            <span class="time">${(size / 1024).toFixed(1)} KB</span>
          </li>`,
        )}
      </ul>
      ${found?.more && html`<button onClick=${() => setPages(pages + 1)}>More</button>`}
    </section>
  `;
}

function Content({ name, close, mask }) {
  const { answer, problem, isCurrent } = useAnswer(getObject, { key: name, reveal: mask.reveal });
  return html`
    <${Detail} title="Object" id=${name} ...${{ problem, close, mask }}>
      <code class="key">${name}</code>
      <pre class="content" tabindex="0" role="group" aria-label="Content of the object">${isCurrent && answer}</pre>
    <//>
  `;
}
