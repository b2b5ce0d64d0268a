// The executions as the server tells of them, newest first, and how often each way was taken.
import { useEffect, useState } from "/page/preact.js";
import { openStream } from "/page/api.js";

const LIT_MS = 1500;
export const edgeId = (from, to) => `${from} > ${to}`;

export const edgesOf = (path) => path.slice(1).map((state, n) => edgeId(path[n], state));

// When nothing was logged of its start, an execution stands where its first record does.
const at = (told) => told.time ?? told.firstRecord;
const newestFirst = (one, other) => (at(one) < at(other)) - (at(one) > at(other));

class Live {
  rows = [];
  byArn = new Map();
  edgeCounts = new Map();
  outcomes = new Map();
  litUntil = new Map();
  lost = false;
  problem = null;
  listeners = new Set();

  connect() {
    const stream = openStream();
    stream.onopen = () => this.reset();
    stream.onerror = () => {
      this.lost = true;
      this.changed();
    };
    stream.onmessage = ({ data }) => this.take(JSON.parse(data));
  }

  reset() {
    Object.assign(this, { rows: [], lost: false, problem: null });
    for (const map of [this.byArn, this.edgeCounts, this.outcomes]) map.clear();
    this.changed();
  }

  take({ executions = [], problem }) {
    if (problem === undefined || problem !== this.problem) this.problem = problem ?? null;
    else if (!executions.length) return;
    const fresh = [];
    const now = performance.now();
    for (const told of executions) {
      const before = this.byArn.get(told.executionArn);
      if (before) {
        this.count(before, -1);
        Object.assign(before, told);
      } else {
        fresh.unshift(told);
        this.byArn.set(told.executionArn, told);
      }
      this.count(told, 1);
      for (const edge of edgesOf(told.path)) this.litUntil.set(edge, now + LIT_MS);
    }
    if (fresh.length) this.rows = [...fresh, ...this.rows].sort(newestFirst);
    this.changed();
    setTimeout(() => this.changed(), LIT_MS + 50);
  }

  count(told, by) {
    this.outcomes.set(told.outcome, (this.outcomes.get(told.outcome) ?? 0) + by);
    for (const edge of edgesOf(told.path))
      this.edgeCounts.set(edge, (this.edgeCounts.get(edge) ?? 0) + by);
  }

  isLit = (edge) => (this.litUntil.get(edge) ?? 0) > performance.now();

  // Several changes within a frame are drawn once.
  changed() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      for (const listener of this.listeners) listener();
    });
  }
}

export const live = new Live();

export function useLive() {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((count) => count + 1);
    live.listeners.add(listener);
    return () => live.listeners.delete(listener);
  }, []);
  return live;
}
