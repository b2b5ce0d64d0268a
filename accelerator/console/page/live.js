// What the server tells by itself: the deployment, the executions, newest first, and how often each
// way was taken; and what goes wrong, for as long as it does.
import { useEffect, useState } from "/page/preact.js";
import { get } from "/page/api.js";
import { currentToken, fallBack, keepToken, onNewToken } from "/page/token.js";

const LIT_MS = 1500;
const AGAIN_MS = 1000;
const UNAUTHORIZED = 401;
export const edgeId = (from, to) => `${from} > ${to}`;

export const edgesOf = (path) => path.slice(1).map((state, n) => edgeId(path[n], state));

// When nothing was logged of its start, an execution stands where its first record does.
const at = (told) => told.time ?? told.firstRecord;
const newestFirst = (one, other) => (at(one) < at(other)) - (at(one) > at(other));

class Live {
  about = undefined;
  rows = [];
  byArn = new Map();
  edgeCounts = new Map();
  outcomes = new Map();
  litUntil = new Map();
  // How often the page found its console again, whether executions have been told at all, and whether
  // those that are known are to be told anew.
  run = 0;
  isTold = false;
  isOld = false;
  // What was done last, and what goes wrong: in the views, in following, in asking at all.
  done = { text: "" };
  problems = new Set();
  problem = null;
  lost = null;
  listeners = new Set();

  async connect() {
    clearTimeout(this.again);
    this.stream?.close();
    const token = currentToken();
    try {
      const about = await get("/api/about");
      if (token !== currentToken()) return;
      keepToken();
      this.about = about;
    } catch (error) {
      const isRefused = error.status === UNAUTHORIZED;
      if (token === currentToken() && !(isRefused && fallBack())) this.lose(error.message, isRefused);
      return;
    }
    this.changed();
    this.follow(token);
  }

  // A browser has six connections for all tabs of a host: only a tab that is seen may hold one.
  follow(token) {
    if (document.hidden) return;
    this.stream = new EventSource(`/api/stream?token=${encodeURIComponent(token)}`);
    this.stream.onopen = () => this.reset();
    this.stream.onerror = () => {
      this.stream.close();
      this.again = setTimeout(() => this.connect(), AGAIN_MS);
    };
    this.stream.onmessage = ({ data }) => this.take(JSON.parse(data));
  }

  // Without the token it is of no use to ask again before there is another.
  lose(told, isRefused) {
    this.lost = told;
    if (!isRefused) this.again = setTimeout(() => this.connect(), AGAIN_MS);
    this.changed();
  }

  reset() {
    if (this.lost) Object.assign(this, { lost: null, done: { text: "" }, run: this.run + 1 });
    Object.assign(this, { problem: null, isOld: true });
    this.changed();
  }

  // What is shown stays until it is told anew, and so does where it is read.
  forget() {
    Object.assign(this, { rows: [], isOld: false });
    for (const map of [this.byArn, this.edgeCounts, this.outcomes]) map.clear();
  }

  take({ executions = [], problem }) {
    this.isTold = true;
    if (this.isOld) this.forget();
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

  tell(text, isProblem = false) {
    this.done = { text, isProblem };
    this.changed();
  }

  // Several changes within a frame are drawn once.
  changed() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      for (const listener of this.listeners) listener();
    });
  }
}

export const live = new Live();
onNewToken(() => live.connect());
addEventListener("visibilitychange", () => (document.hidden ? live.stream?.close() : live.connect()));

export function useLive() {
  const [, draw] = useState(0);
  useEffect(() => {
    const listener = () => draw((count) => count + 1);
    live.listeners.add(listener);
    return () => live.listeners.delete(listener);
  }, []);
  return live;
}

// Tells a view's problem for as long as the view is shown and has it.
export function useProblem(problem) {
  useEffect(() => {
    if (!problem) return;
    live.problems.add(problem);
    live.changed();
    return () => {
      live.problems.delete(problem);
      live.changed();
    };
  }, [problem]);
}
