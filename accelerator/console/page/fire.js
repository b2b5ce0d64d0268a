// Puts events on the bus, on the local cloud and the sandbox.
import { html, useRef, useState } from "/page/preact.js";
import { post } from "/page/api.js";
import { live } from "/page/live.js";
import { Select } from "/page/show.js";

export function Fire({ about }) {
  const [wanted, setWanted] = useState();
  // Another deployment may have others.
  const eventType = about.eventTypes.includes(wanted) ? wanted : about.eventTypes[0];
  const [id, setId] = useState("");
  const [count, setCount] = useState(1);
  const isSending = useRef(false);
  const fire = async (event) => {
    event.preventDefault();
    if (isSending.current) return;
    isSending.current = true;
    live.tell(`Sending ${count} ...`);
    try {
      const { sent, untaken } = await post("/api/fire", { eventType, id, count: Number(count) });
      live.tell(untaken ? `Sent ${sent}: ${untaken}` : `Sent ${sent}.`, Boolean(untaken));
    } catch (error) {
      live.tell(error.message, true);
    }
    isSending.current = false;
  };
  return html`
    <form class="fire" onSubmit=${fire} aria-label="Fire an event">
      <${Select} label="Event type" options=${about.eventTypes} value=${eventType} set=${setWanted} />
      <input
        list="magic-ids"
        placeholder="id, or a magic id"
        aria-label="Id of the entity, or a magic id"
        value=${id}
        onInput=${(event) => setId(event.target.value)}
      />
      <datalist id="magic-ids">${about.magicIds.map((name) => html`<option value=${name}></option>`)}</datalist>
      <input
        type="number"
        required
        min="1"
        max=${about.maxCount}
        aria-label="How many"
        value=${count}
        onInput=${(event) => setCount(event.target.value)}
      />
      <button class="main">Fire</button>
    </form>
  `;
}
