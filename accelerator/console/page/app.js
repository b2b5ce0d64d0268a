// The page: what is asked for once, the tabs, and what is told at the bottom.
import { html, render, useEffect, useState } from "/page/preact.js";
import { get } from "/page/api.js";
import { Execution, Executions, OUTCOMES } from "/page/executions.js";
import { Failures } from "/page/failures.js";
import { Fire } from "/page/fire.js";
import { live, useLive } from "/page/live.js";
import { Machine } from "/page/machine.js";
import { Objects } from "/page/objects.js";

const TABS = ["Executions", "Failures", "Objects"];

function App() {
  const [about, setAbout] = useState();
  const [tab, setTab] = useState("Executions");
  const [chosen, choose] = useState();
  const [object, showObject] = useState();
  const [told, tell] = useState("");
  useLive();
  useEffect(() => {
    get("/api/about").then(
      (answer) => {
        setAbout(answer);
        live.connect();
      },
      (error) => tell(error.message),
    );
  }, []);

  const openObject = (key) => {
    showObject(key);
    setTab("Objects");
  };
  const problem = live.problem ?? (live.lost ? "The console does not answer." : "");
  return html`
    <header>
      <h1>Event accelerator</h1>
      <p class="cloud" title=${about?.cloud}>${about?.cloud ?? "\u00a0"}</p>
      <ul class="outcomes" aria-label="Executions by outcome">
        ${OUTCOMES.map(
          (name) => html`<li data-outcome=${name}><b>${live.outcomes.get(name) ?? 0}</b> ${name}</li>`,
        )}
      </ul>
    </header>
    <nav aria-label="Views">
      ${TABS.map(
        (name) =>
          html`<button aria-current=${name === tab ? "page" : undefined} onClick=${() => setTab(name)}>${name}</button>`,
      )}
    </nav>
    <main>
      ${about &&
      html`
        ${about.eventTypes.length > 0 && html`<${Fire} ...${{ about, tell }} />`}
        ${tab === "Executions" &&
        html`<div class="columns">
          <${Machine} machine=${about.machine} path=${live.byArn.get(chosen)?.path} />
          <div>
            ${chosen && html`<${Execution} arn=${chosen} close=${() => choose(undefined)} openObject=${openObject} />`}
            <div hidden=${Boolean(chosen)}><${Executions} ...${{ chosen, choose }} /></div>
          </div>
        </div>`}
        ${tab === "Failures" && html`<${Failures} tell=${tell} />`}
        ${tab === "Objects" && html`<${Objects} bucket=${about.bucket} shown=${object} show=${showObject} tell=${tell} />`}
      `}
    </main>
    <footer role="status">${problem ? html`<span class="problem">${problem}</span>` : told}</footer>
  `;
}

render(html`<${App} />`, document.body);
