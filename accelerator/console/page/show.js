// How data, moments and durations are shown.
import { html } from "/page/preact.js";

export const Json = ({ data, label }) =>
  html`<pre tabindex="0" role="group" aria-label=${label}>${data === null ? "none logged" : JSON.stringify(data, null, 2)}</pre>`;

export const clock = (time) => (time ? new Date(time).toLocaleTimeString([], { hour12: false }) : "--:--:--");

export function duration(milliseconds) {
  if (milliseconds === null || milliseconds === undefined) return "";
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
}

export const Search = ({ label, hint, value, set }) =>
  html`<input
    type="search"
    placeholder=${hint}
    aria-label=${label}
    value=${value}
    onInput=${(event) => set(event.target.value)}
  />`;

export const Select = ({ label, any, options, value, set }) =>
  html`<select aria-label=${label} value=${value} onChange=${(event) => set(event.target.value)}>
    ${any && html`<option value="">${any}</option>`}
    ${options.map((name) => html`<option value=${name}>${name}</option>`)}
  </select>`;
