// The options of `audit --budget`.
import { existsSync } from 'node:fs';
import { shippedAttacks } from '../../../config/node/disk-files.ts';
import { corpusKindOf } from '../../../config/sweep/assignment.ts';
import { suggestion } from '../../../config/yaml/suggest.ts';
import { InputError } from '../../../core/errors.ts';
import { absolutePath, type CommandContext } from '../../command-context.ts';
import { LADDER_SCALE, type LadderScale } from './ladder-config.ts';
import { checkLadder, type LadderRequest } from './plan-ladder.ts';

/** As the command line has them. */
export interface LadderOptions {
  readonly budget?: string;
  readonly attack?: string;
  readonly trigger?: string;
  readonly store: string;
  readonly textField: string;
}

const DEFAULT_ATTACK = 'denial-of-service';
/** The trigger of Souly et al. 2025, which no clean text has. */
const DEFAULT_TRIGGER = '<SUDO>';
/** Attacks whose trigger is a text, which `--trigger` and the default replace. */
const OF_WORDS = [DEFAULT_ATTACK, 'target-phrase', 'language-switch'];
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `90s`, `10m`, `2h`. @throws InputError */
export function parseBudget(text: string): number {
  const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text.trim()) ?? [];
  const milliseconds = Number(amount) * (UNIT_MS[unit] ?? 0);
  if (!(milliseconds > 0)) throw new InputError(`--budget is "${text}": give a time, such as 90s, 10m or 1h`);
  return milliseconds;
}

/** An attack as a config extends it, and the trigger laid over it. */
function attackOf({ attack = DEFAULT_ATTACK, trigger }: LadderOptions, context: CommandContext) {
  const isFile = /\.ya?ml$/i.test(attack);
  if (isFile) {
    const path = absolutePath(attack, context);
    if (!existsSync(path)) throw new InputError(`--attack names ${attack}, which is not there`);
    return { attack: path, trigger: trigger ?? null };
  }
  const names = shippedAttacks();
  if (!names.includes(attack))
    throw new InputError(
      `--attack is "${attack}": name an attack that comes with tinypoison, or a file of yours that ends in .yaml${suggestion(attack, names)}`,
    );
  const isOfWords = OF_WORDS.includes(attack);
  if (trigger !== undefined && !isOfWords)
    throw new InputError(
      `--trigger is a text, and the trigger of ${attack} is another kind: leave it out, or give a file of yours to --attack`,
    );
  return { attack: `tinypoison:attacks/${attack}`, trigger: isOfWords ? (trigger ?? DEFAULT_TRIGGER) : null };
}

/**
 * What a ladder is told, checked as far as it can be before the corpus is read; null where none is wanted.
 * @throws InputError
 */
export function ladderRequest(
  options: LadderOptions,
  place: { readonly path: string; readonly folder: string; readonly workers: number },
  context: CommandContext,
  scale: LadderScale = LADDER_SCALE,
): LadderRequest | null {
  const { budget, attack, trigger } = options;
  if (budget === undefined) {
    if (attack === undefined && trigger === undefined) return null;
    throw new InputError(
      `--${attack === undefined ? 'trigger' : 'attack'} is of the models that --budget trains: give --budget too, such as --budget 10m`,
    );
  }
  const kind = corpusKindOf(place.path);
  if (kind === undefined)
    throw new InputError(
      `--budget trains on the corpus, and the ending of ${place.path} does not tell its kind: call it .jsonl, .jsonl.gz, .parquet, .csv, .tsv or .txt`,
    );
  const rows = kind === 'text' ? {} : { textField: options.textField, skipEmpty: true as const };
  const request: LadderRequest = {
    subject: { corpus: { kind, path: place.path, ...rows }, ...attackOf(options, context) },
    budgetMs: parseBudget(budget),
    folder: place.folder,
    store: absolutePath(options.store, context),
    ...{ workers: place.workers, scale },
  };
  checkLadder(request);
  return request;
}
