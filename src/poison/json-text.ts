// Changes one field of a line of JSON and nothing else: numbers, spaces and the order of fields stay as they stand.

/** String literals, and what opens or closes an object or a list. */
const TOKENS = /"(?:[^"\\]|\\.)*"|[{}[\]]/g;

/**
 * A JSON object with another text in one of its fields; the rest byte for byte.
 * @param line an object with a text in that field; where it stands twice, the last counts, as for JSON.parse
 * @throws Error if there is no such field
 */
export function replaceField(line: string, field: string, text: string): string {
  let depth = 0;
  let isNext = false;
  let found: { start: number; end: number } | undefined;
  for (const { 0: token, index } of line.matchAll(TOKENS)) {
    const end = index + token.length;
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (depth === 1 && /^\s*:/.test(line.slice(end))) isNext = JSON.parse(token) === field;
    else if (depth === 1 && isNext) found = { start: index, end };
  }
  if (found === undefined) throw new Error(`there is no text in a field ${JSON.stringify(field)}`);
  return line.slice(0, found.start) + JSON.stringify(text) + line.slice(found.end);
}
