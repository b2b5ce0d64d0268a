// Lints state machines: `node state_machines/lint.mjs state_machines/*.asl.json`.
// AWS's language service knows fields and transitions best, asl-validator paths and duplicates.
import { readFileSync } from "node:fs";
import asl from "amazon-states-language-service";
import validate from "asl-validator";

const service = asl.getLanguageService({});

// The node that a JSON pointer leads to, or the last one on its way.
const nodeAt = (root, pointer) =>
  pointer.split("/").slice(1).reduce((node, key) => {
    const property = node.properties?.find(({ keyNode }) => keyNode.value === key);
    return node.items?.[key] ?? property?.valueNode ?? node;
  }, root);

for (const file of process.argv.slice(2)) {
  const report = ({ line, character }, message) => {
    console.log(`${file}:${line + 1}:${character + 1}: ${message}`);
    process.exitCode = 1;
  };
  const text = readFileSync(file, "utf8");
  const document = asl.TextDocument.create(file, "json", 1, text);
  const parsed = service.parseJSONDocument(document);
  const diagnostics = await service.doValidation(document, parsed);
  // What is no JSON is that first: what else it lacks is only what was not read.
  const broken = new Set(parsed.syntaxErrors.map(({ message }) => message));
  const told = broken.size ? diagnostics.filter(({ message }) => broken.has(message)) : diagnostics;
  for (const { range, message } of told) report(range.start, message);
  try {
    const definition = JSON.parse(text);
    for (const { Message, schemaError } of validate(definition).errors) {
      // What comes without a pointer names its state, if anything.
      const named = () => Object.keys(definition.States).find((name) => Message.includes(name));
      const pointer = schemaError?.instancePath ?? `/States/${named()}`;
      report(document.positionAt(nodeAt(parsed.root, pointer).offset), Message);
    }
  } catch (error) {
    // Where JSON is broken, the language service has said better.
    if (!diagnostics.length) report(document.positionAt(0), error.message);
  }
}
