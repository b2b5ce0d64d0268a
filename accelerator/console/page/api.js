// Asks the console's server.
import { currentToken } from "/page/token.js";

async function ask(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    headers: { Authorization: `Bearer ${currentToken()}`, ...options.headers },
  }).catch(() => {
    throw new Error("The console does not answer: start it again, and this page goes on, or asks for its new address.");
  });
  const text = await answer.text();
  if (answer.ok) return text;
  let told = text;
  try {
    told = JSON.parse(text).problem;
  } catch {
    // What is no JSON is told as it is.
  }
  const error = new Error(told || `The console answered ${answer.status}.`);
  throw Object.assign(error, { status: answer.status });
}

export const get = async (path, query = {}) => JSON.parse(await ask(`${path}?${new URLSearchParams(query)}`));

export const post = async (path, body) =>
  JSON.parse(
    await ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );
