// Asks the console's server. The token of this run is the fragment of the page's address.
const token = location.hash.slice(1);

async function ask(path, options = {}) {
  const answer = await fetch(path, {
    ...options,
    headers: { Authorization: `Bearer ${token}`, ...options.headers },
  });
  const text = await answer.text();
  if (answer.ok) return text;
  let told = text;
  try {
    told = JSON.parse(text).problem;
  } catch {
    // What is no JSON is told as it is.
  }
  throw new Error(told || `The console answered ${answer.status}.`);
}

export const getText = (path, query = {}) => ask(`${path}?${new URLSearchParams(query)}`);

export const get = async (path, query) => JSON.parse(await getText(path, query));

export const post = async (path, body) =>
  JSON.parse(
    await ask(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    }),
  );

export const openStream = () => new EventSource(`/api/stream?token=${encodeURIComponent(token)}`);
