// The state machine, drawn from its definition: counts on every edge, the live path lit.
import dagre from "/vendor/dagre.js";
import { html, useMemo } from "/page/preact.js";
import { edgeId, edgesOf, live } from "/page/live.js";

const HEIGHT = 28;

function layout({ states, edges }) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 18, ranksep: 30, edgesep: 14, marginx: 8, marginy: 8 });
  for (const { name, type } of states)
    graph.setNode(name, { width: 7 * name.length + 26, height: HEIGHT, type });
  for (const { from, to, kind } of edges)
    graph.setEdge(from, to, { kind, width: 42, height: 14, labelpos: "c" });
  dagre.layout(graph);
  return {
    ...graph.graph(),
    nodes: graph.nodes().map((name) => ({ name, ...graph.node(name) })),
    edges: graph.edges().map(({ v, w }) => ({ id: edgeId(v, w), ...graph.edge(v, w) })),
  };
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
  const drawn = useMemo(() => layout(machine), [machine]);
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
      <div class="scroll" tabindex="0" role="group" aria-label="Drawing of the state machine">
        <svg
          viewBox="0 0 ${drawn.width} ${drawn.height}"
          width=${drawn.width}
          height=${drawn.height}
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
            ({ name, type, x, y, width }) => html`
              <g
                key=${name}
                class=${classes({ state: true, [type]: true, live: inside.has(name), chosen: chosenStates.has(name) })}
                transform="translate(${x - width / 2},${y - HEIGHT / 2})"
              >
                <rect width=${width} height=${HEIGHT} rx=${type === "Task" ? 5 : HEIGHT / 2} />
                <text x=${width / 2} y=${HEIGHT / 2 + 4}>${name}</text>
              </g>
            `,
          )}
        </svg>
      </div>
    </section>
  `;
}
