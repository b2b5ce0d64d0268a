// What a view asks for, kept up to date.
import { useEffect, useState } from "/page/preact.js";
import { live } from "/page/live.js";

const AGAIN_MS = 5000;

// What `read` gets for the query: `answer` and `problem`. It is asked for again when a query, the
// console's run or one of `causes` is another, and for as long as it goes wrong on the server's side;
// where there is no query, nothing is. `wait` in milliseconds.
export function useAnswer(read, query, causes = [], wait = 0) {
  const [told, set] = useState({});
  const question = query && JSON.stringify(query);
  useEffect(() => {
    if (!query) return;
    let again;
    let isOver = false;
    const load = async () => {
      const result = { question };
      try {
        result.answer = await read(query);
      } catch (error) {
        result.problem = error.message;
        if (!(error.status < 500)) again = setTimeout(load, AGAIN_MS);
      }
      if (!isOver) set((before) => ("answer" in result ? result : { ...before, ...result }));
    };
    again = setTimeout(load, wait);
    return () => {
      isOver = true;
      clearTimeout(again);
    };
  }, [question, live.run, ...causes]);
  return { ...told, isCurrent: told.question === question };
}
