// A run in a few words.
import { describeTrigger } from '../config/describe-trigger.ts';
import { modelName } from '../config/labels.ts';
import { poisonsOf } from '../config/poisons.ts';
import { filledDocuments } from '../config/schema/filler-schema.ts';
import { describePlacement } from '../config/schema/placement-schema.ts';
import type { RunConfig } from '../config/schema/schema.ts';

/** `quality-rules + random-removal (share 0.5)`: a list or a mapping in words, by its kind where it has one. */
function inWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(inWords).join(' + ');
  if (typeof value !== 'object' || value === null) return String(value);
  const { kind, ...options } = value as Readonly<Record<string, unknown>>;
  const texts = Object.entries(options).map(([name, own]) => `${name} ${inWords(own)}`);
  if (kind === undefined) return `(${texts.join(', ')})`;
  return texts.length === 0 ? String(kind) : `${kind} (${texts.join(', ')})`;
}

/** A label's value; a list or a mapping is there as JSON. */
function valueText(value: string | number | boolean | null): string {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return String(value);
  try {
    return inWords(JSON.parse(value));
  } catch {
    // A text that only begins like JSON.
    return value;
  }
}

/** Its last part names a field well enough, but for a model, whose value does. */
function labelText(path: string, value: string | number | boolean | null): string {
  const field = path.split('.').at(-1) as string;
  if (field === 'model') return String(value);
  return field === 'documents' ? `${value} documents` : `${field} ${valueText(value)}`;
}

/** `d32, 50 documents, seed 1`: what tells a run of a sweep from the others; ten poisons of 16 are `16 documents × 10`. */
export function plannedTitle(
  run: {
    readonly labels: Readonly<Record<string, string | number | boolean | null>>;
    readonly config: Pick<RunConfig, 'seed'>;
  },
  seeds: number,
): string {
  const texts = Object.entries(run.labels).map(([path, value]) => labelText(path, value));
  const parts = texts.flatMap((text, place) => {
    if (text === texts[place - 1]) return [];
    const end = texts.findIndex((other, later) => later > place && other !== text);
    const times = (end === -1 ? texts.length : end) - place;
    return [times === 1 ? text : `${text} × ${times}`];
  });
  if (seeds > 1 || parts.length === 0) parts.push(`seed ${run.config.seed}`);
  return parts.join(', ');
}

/** `d32, denial-of-service x 50, seed 1`: a run by itself. */
export function configTitle(config: RunConfig): string {
  const poison = config.phases.flatMap(poisonsOf).map(({ attack, documents }) => `${attack} x ${documents}`);
  return [
    modelName(config.model),
    ...(poison.length === 0 ? ['no poison'] : poison),
    `seed ${config.seed}`,
  ].join(', ');
}

/** Fields of a model at their usual values, which a title leaves out. */
const USUAL: Readonly<Record<string, unknown>> = {
  positions: 'rope',
  tied: true,
  biases: false,
  norm: 'layernorm',
};

/** `configTitle` with what else tells runs of a store apart: unusual models, triggers, placements, copies, epochs. */
export function runTitle(config: RunConfig): string {
  const model = Object.entries(config.model).filter(
    ([field, value]) => Object.hasOwn(USUAL, field) && USUAL[field] !== value,
  );
  const words = model.map(([field, value]) => (value === true ? field : `${field} ${String(value)}`));
  for (const phase of config.phases) {
    if (phase.epochs > 1) words.push(`${phase.epochs} epochs`);
    if (phase.optimizer.kind !== 'adamw') words.push(phase.optimizer.kind);
    for (const { documents, placement, distinctDocuments, filler = 'none', trigger } of poisonsOf(phase)) {
      if (documents === 0) continue;
      const filled = filledDocuments(filler);
      if (filled !== null) words.push(`${filled} replaced`);
      else if (filler === 'clean') words.push('twin');
      if (placement !== 'uniform') words.push(`placed ${describePlacement(placement)}`);
      if (distinctDocuments !== undefined) words.push(`${distinctDocuments} distinct`);
      words.push(JSON.stringify(describeTrigger(trigger)));
    }
  }
  return [configTitle(config), ...words].join(', ');
}
