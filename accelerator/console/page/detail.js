// What was opened of a list, which it stands before until it is closed.
import { html, useLayoutEffect, useRef } from "/page/preact.js";

export function Detail({ title, id, problem, close, mask, children }) {
  const heading = useRef();
  useLayoutEffect(() => {
    heading.current.focus({ preventScroll: true });
    // On a narrow page the list may have been scrolled to beyond where this begins.
    const { top } = heading.current.getBoundingClientRect();
    if (top < 0 || top > innerHeight) heading.current.scrollIntoView();
    // Whoever closes it is where it was opened.
    const back = () => document.querySelector(`[data-opens="${CSS.escape(id)}"]`)?.focus();
    return () => requestAnimationFrame(back);
  }, []);
  return html`
    <section class="detail" aria-labelledby="detail-title">
      <div class="bar">
        <h2 id="detail-title" tabindex="-1" ref=${heading}>${title}</h2>
        <${Reveal} mask=${mask} />
        <button onClick=${close}>Back to the list</button>
      </div>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`} ${children}
    </section>
  `;
}

export const Reveal = ({ mask }) => html`<label>
  <input
    type="checkbox"
    role="switch"
    checked=${mask.reveal}
    onChange=${(event) => mask.set(event.target.checked)}
  />${" "}Reveal customer data
</label>`;
