// The stored objects, by key, and the content of one.
import { html, useEffect, useState } from "/page/preact.js";
import { get, getText } from "/page/api.js";
import { Search } from "/page/show.js";

const pretty = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

export function Objects({ bucket, shown, show, tell }) {
  const [prefix, setPrefix] = useState("");
  const [objects, setObjects] = useState();
  const [more, setMore] = useState(false);
  const [content, setContent] = useState();

  const load = async (after = "") => {
    try {
      const page = await get("/api/objects", { prefix, after });
      setObjects((before) => (after ? [...before, ...page.objects] : page.objects));
      setMore(page.more);
    } catch (error) {
      tell(error.message);
    }
  };
  useEffect(() => {
    const soon = setTimeout(load, 200);
    return () => clearTimeout(soon);
  }, [prefix]);
  useEffect(() => {
    setContent(undefined);
    if (shown) getText("/api/object", { key: shown }).then((text) => setContent(pretty(text)), (error) => tell(error.message));
  }, [shown]);

  return html`
    <section aria-labelledby="objects-title">
      <div class="bar">
        <h2 id="objects-title">Objects</h2>
        <${Search} label="Keys that begin with" hint="the beginning of one" value=${prefix} set=${setPrefix} />
        <button onClick=${() => load()}>Refresh</button>
      </div>
      <p class="kind">in ${bucket}</p>
      ${shown &&
      html`<div class="content">
        <div class="bar">
          <code class="key">${shown}</code>
          <button onClick=${() => show(undefined)}>Close</button>
        </div>
        <pre tabindex="0" role="group" aria-label="Object">${content}</pre>
      </div>`}
      ${objects && !objects.length && html`<p class="none">No objects.</p>`}
      <ul class="keys">
        ${(objects ?? []).map(
          ({ key, size }) => html`<li key=${key}>
            <button class="link" aria-pressed=${key === shown} onClick=${() => show(key)}>${key}</button>
            <span class="time">${(size / 1024).toFixed(1)} KB</span>
          </li>`,
        )}
      </ul>
      ${more && html`<button onClick=${() => load(objects.at(-1).key)}>More</button>`}
    </section>
  `;
}
