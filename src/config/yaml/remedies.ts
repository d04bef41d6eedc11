// What a person most likely meant by a value of the wrong kind, as the line to write instead.

const FACTORS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, b: 1e9, g: 1e9, '%': 0.01 };

/** The number in `1M`, `1_000_000`, `1,000,000`, `2.5k` or `1 %`; undefined for other text. */
export function numberMeant(text: string): number | undefined {
  const match = /^([+-]?\d[\d_,]*(?:\.\d+)?)\s*([kmbg%]?)$/i.exec(text.trim());
  if (match === null) return undefined;
  const [, digits = '', unit = ''] = match;
  const factor = FACTORS[unit.toLowerCase()] ?? 1;
  // 1 % of a decimal fraction is that fraction, not a neighbour of it.
  return Number((Number(digits.replace(/[_,]/g, '')) * factor).toPrecision(15));
}

/** Whether a list holds nothing but single values. */
function isSimple(values: readonly unknown[]): boolean {
  return values.every((value) => typeof value !== 'object' || value === null);
}

/** `[1, 2, 3]`, cut where it is long. */
function flow(values: readonly unknown[]): string {
  const shown = values.slice(0, 6).map((value) => JSON.stringify(value));
  return `[${[...shown, ...(values.length > 6 ? ['…'] : [])].join(', ')}]`;
}

/** The seeds meant by `5` (their number), `1-5` or `1..5`; undefined for anything else. */
function seedsMeant(value: unknown): number[] | undefined {
  const range = typeof value === 'string' ? /^(\d{1,4})\s*(?:-|\.\.+|to)\s*(\d{1,4})$/.exec(value) : null;
  const [first, last] = range === null ? [1, Number(value)] : [Number(range[1]), Number(range[2])];
  if (!Number.isInteger(last) || last < first || last - first > 99 || value === '') return undefined;
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}

/**
 * The remedy for a value of the wrong type, beginning with a semicolon; empty where none suggests itself.
 * @param field path of the field as a person writes it
 * @param expected type that zod expected
 */
export function remedyOf(field: string, expected: string, value: unknown): string {
  const isSingle = ['number', 'int', 'string', 'boolean'].includes(expected);
  if (isSingle && Array.isArray(value) && value.length > 0 && isSimple(value))
    return `; to run it with each, write in sweep.grid: { ${field}: ${flow(value)} }`;
  if ((expected === 'number' || expected === 'int') && typeof value === 'string') {
    const meant = numberMeant(value);
    return meant === undefined ? '' : `; write ${meant}`;
  }
  if (field !== 'sweep.seeds' || expected !== 'array') return '';
  const seeds = seedsMeant(value);
  if (seeds === undefined) return '';
  const list =
    seeds.length > 12 ? `[${seeds.slice(0, 3).join(', ')}, …, ${seeds.at(-1)}]` : `[${seeds.join(', ')}]`;
  return `; write ${list}`;
}

/** What fields of other programs are called here. */
const CALLED_HERE: Readonly<Record<string, string>> = {
  seed: 'the seeds of runs are sweep.seeds: { seeds: [1, 2, 3] }',
  device: 'what runs are computed with is chosen on the command line: --engine',
  workers: 'how many runs go on at a time is chosen on the command line: --workers',
  depth: 'it is called layers',
  n_layer: 'it is called layers',
  n_head: 'it is called heads',
  n_embd: 'it is called width',
  hidden_size: 'it is called width',
  block_size: 'it is called contextTokens',
  lr: 'it is optimizer.learningRate',
  learning_rate: 'it is optimizer.learningRate',
  batch_size: 'it is batch.sequences',
  steps: 'a budget is given as tokens or tokensPerParameter',
  max_steps: 'a budget is given as tokens or tokensPerParameter',
  count: 'the number of poisoned documents is documents',
};

/** A remedy for the name of another program's field; undefined for other names. */
export function calledHere(name: string): string | undefined {
  return Object.hasOwn(CALLED_HERE, name) ? CALLED_HERE[name] : undefined;
}
