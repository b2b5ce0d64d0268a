// The state machine, drawn from its definition: counts on every edge, the live path lit.
import dagre from "/vendor/dagre.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "/page/preact.js";
import { edgeId, edgesOf, live } from "/page/live.js";

const WIDE = { height: 28, padding: 26, nodesep: 18, ranksep: 30, edgesep: 14, label: 42 };
// In a panel that is narrower, names are on two lines and everything stands closer together.
const NARROW_PX = 600;
const NARROW = { height: 42, padding: 12, nodesep: 8, ranksep: 20, edgesep: 6, label: 26 };
const LINE = 15;
// Where the window is so low that it would be drawn smaller, the panel scrolls.
const SMALLEST = 0.7;

function layout({ states, edges }, form) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ ...form, rankdir: "TB", marginx: 8, marginy: 8 });
  for (const { name, type } of states) {
    const lines = form === NARROW ? twoLines(name) : [name];
    const longest = Math.max(...lines.map((line) => line.length));
    graph.setNode(name, { type, lines, width: 7 * longest + form.padding, height: form.height });
  }
  for (const { from, to, kind } of edges)
    graph.setEdge(from, to, { kind, width: form.label, height: 14, labelpos: "c" });
  dagre.layout(graph);
  return {
    ...graph.graph(),
    nodes: graph.nodes().map((name) => ({ name, ...graph.node(name) })),
    edges: graph.edges().map(({ v, w }) => ({ id: edgeId(v, w), ...graph.edge(v, w) })),
  };
}

// A name cut before the word at which the longer part is shortest.
function twoLines(name) {
  const cuts = [...name.matchAll(/(?<=.)[A-Z]/g)].map(({ index }) => index);
  const length = (cut) => Math.max(cut, name.length - cut);
  const [best] = cuts.sort((one, other) => length(one) - length(other));
  return best ? [name.slice(0, best), name.slice(best)] : [name];
}

// A smooth line through the points: each inner point bends it.
function curve([first, ...rest]) {
  const last = rest.pop();
  let drawn = `M${first.x},${first.y}`;
  rest.forEach((point, n) => {
    const next = rest[n + 1] ?? last;
    drawn += `Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  });
  return `${drawn}L${last.x},${last.y}`;
}

const classes = (names) => Object.keys(names).filter((name) => names[name]).join(" ");

export function Machine({ machine, path }) {
  const panel = useRef();
  const [width, setWidth] = useState(Infinity);
  useLayoutEffect(() => {
    const watcher = new ResizeObserver(() => setWidth(panel.current?.clientWidth));
    watcher.observe(panel.current);
    return () => watcher.disconnect();
  }, []);
  const form = width < NARROW_PX ? NARROW : WIDE;
  const drawn = useMemo(() => layout(machine, form), [machine, form]);
  const chosenEdges = new Set(path ? edgesOf(path) : []);
  const chosenStates = new Set(path ?? []);
  const inside = new Map();
  for (const told of live.rows) {
    if (told.outcome !== "running" || !told.path.length) continue;
    const state = told.path.at(-1);
    inside.set(state, (inside.get(state) ?? 0) + 1);
  }
  return html`
    <section class="machine" aria-labelledby="machine-title">
      <h2 id="machine-title">State machine</h2>
      <div class="scroll" ref=${panel} tabindex="0" role="group" aria-label="Drawing of the state machine">
        <svg
          viewBox="0 0 ${drawn.width} ${drawn.height}"
          style=${{ maxWidth: `${drawn.width}px`, minHeight: `${SMALLEST * drawn.height}px` }}
          role="img"
          aria-label="The states, with how many executions went each way"
        >
          <defs>
            <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" markerUnits="userSpaceOnUse">
              <path d="M0,0L8,4L0,8z" />
            </marker>
          </defs>
          ${drawn.edges.map(
            ({ id, kind, points, x, y }) => html`
              <g
                key=${id}
                class=${classes({ edge: true, [kind]: true, lit: live.isLit(id), chosen: chosenEdges.has(id) })}
                data-edge=${id}
              >
                <path d=${curve([...points])} marker-end="url(#tip)" />
                ${live.edgeCounts.get(id) > 0 &&
                html`<text x=${x} y=${y + 4}>${live.edgeCounts.get(id)}</text>`}
              </g>
            `,
          )}
          ${drawn.nodes.map(
            ({ name, type, lines, x, y, width, height }) => html`
              <g
                key=${name}
                class=${classes({ state: true, [type]: true, live: inside.has(name), chosen: chosenStates.has(name) })}
                transform="translate(${x - width / 2},${y - height / 2})"
              >
                <rect width=${width} height=${height} rx=${type === "Task" ? 5 : height / 2} />
                ${lines.map(
                  (line, n) =>
                    html`<text x=${width / 2} y=${height / 2 + 4 + LINE * (n - (lines.length - 1) / 2)}>${line}</text>`,
                )}
              </g>
            `,
          )}
        </svg>
      </div>
    </section>
  `;
}
