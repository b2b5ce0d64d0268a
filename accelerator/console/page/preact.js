// What the page is made with: Preact, its hooks, and htm's templates in place of JSX.
import { h } from "/vendor/preact.js";
import htm from "/vendor/htm.js";

export { render } from "/vendor/preact.js";
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "/vendor/hooks.js";
export const html = htm.bind(h);
