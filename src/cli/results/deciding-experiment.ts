// What an experiment lacks that can only illustrate: the command that tests the count law, and how long it takes.
import type { Analysis } from '../../analyse/analyse-experiment.ts';
import { SUCCESS_ASR } from '../../analyse/cells.ts';
import { FEWEST_SEEDS_FOR_INTERVAL } from '../../analyse/statistics/interval.ts';
import { poisonsOf } from '../../config/poisons.ts';
import { InputError } from '../../core/errors.ts';
import { inert } from '../../core/inert-text.ts';
import type { EngineOption } from '../../kernels/engine-names.ts';
import { defaultWorkers } from '../../run/run-experiment.ts';
import { absolutePath, type CommandContext } from '../command-context.ts';
import { formatDuration, plural } from '../format.ts';
import { type ExperimentFileOptions, type OpenedExperiment, openExperiment } from '../open-experiment.ts';
import { estimateMs, fastestEngine, measuredSpeed } from '../speed.ts';
import { quoted } from './results-config.ts';

/**
 * Sizes are the units of α: three leave one degree of freedom, and no interval of theirs would lie within the bounds. Those
 * that are named take the place of the experiment's own.
 */
const FEWEST_SIZES = 5;
const SIZES = `[${[24, 32, 48, 64, 96].map((width) => `tinypoison:models/d${width}`).join(', ')}]`;
const PER_PARAMETER = 20;
/** Counts tried beyond the largest, or below the smallest, where all fail or all succeed. */
const FACTORS = [2, 4];

/** Options of `run` that need not be written out. */
const DEFAULTS: Readonly<Record<string, string>> = { store: 'runs', engine: 'auto', threads: '1' };

/** One thing that is missing, and the options that bring it. */
interface Lack {
  readonly what: string;
  readonly set?: readonly string[];
  readonly sweep?: readonly string[];
}

function seedsLack(seeds: readonly number[]): Lack[] {
  if (seeds.length >= FEWEST_SEEDS_FOR_INTERVAL) return [];
  const more = Array.from({ length: FEWEST_SEEDS_FOR_INTERVAL }, (_, place) => place + 1);
  return [{ what: `${FEWEST_SEEDS_FOR_INTERVAL} seeds`, set: [`sweep.seeds=[${more.join(', ')}]`] }];
}

/** Data grow with the size where the budget is in tokens per parameter. */
function sizesLack({ plan }: OpenedExperiment, phase: string): Lack[] {
  const sizes = new Set(plan.runs.map(({ parameters }) => parameters)).size;
  const amounts = new Set(plan.runs.map(({ tokens }) => tokens)).size;
  if (Math.min(sizes, amounts) >= FEWEST_SIZES) return [];
  const set = amounts < sizes || amounts === 1 ? [`phases.${phase}.tokensPerParameter=${PER_PARAMETER}`] : [];
  return [{ what: `${FEWEST_SIZES} sizes, each with data in proportion`, set, sweep: [`model=${SIZES}`] }];
}

/** Counts on both sides of half success. */
function countsLack({ groups }: Analysis, phase: string): Lack[] {
  const cells = groups.flatMap((group) => group.cells).filter(({ documents }) => documents > 0);
  const means = cells.flatMap(({ asr }) => (asr.mean === null ? [] : [asr.mean]));
  const counts = [...new Set(cells.map(({ documents }) => documents))].sort((a, b) => a - b);
  const [least, most] = [counts[0], counts.at(-1)];
  if (least === undefined || most === undefined || means.length === 0) return [];
  const more = means.every((mean) => mean < SUCCESS_ASR)
    ? FACTORS.map((factor) => most * factor)
    : means.every((mean) => mean >= SUCCESS_ASR)
      ? FACTORS.map((factor) => Math.round(least / factor)).filter((count) => count > 0)
      : counts.length > 1
        ? []
        : [Math.round(least / 2), least * 2];
  if (more.length === 0) return [];
  const all = [...new Set([0, ...counts, ...more])].sort((a, b) => a - b);
  return [
    {
      what: more[0] !== undefined && more[0] > most ? 'larger counts' : 'further counts',
      sweep: [`phases.${phase}.poison.documents=[${all.join(', ')}]`],
    },
  ];
}

/**
 * Lines for the terminal where one group of runs can only illustrate: what would test the count law, the command, its
 * time. None for other outcomes, adaptive sweeps, and experiments for which no such command can be told.
 */
export function decidingLines(
  opened: OpenedExperiment,
  analysis: Analysis,
  options: ExperimentFileOptions & {
    readonly file: string;
    readonly store: string;
    readonly engine: EngineOption;
    readonly workers?: string;
    readonly threads?: string;
  },
  context: CommandContext,
): string[] {
  const { plan } = opened;
  const poisoned = plan.runs.flatMap(({ config }) =>
    config.phases.filter((own) => poisonsOf(own).length > 0),
  );
  const phases = [...new Set(poisoned.map(({ name }) => name))];
  const [phase] = phases;
  const variesOther = plan.varying.some((field) => !/\.poison\.documents$|^model$/.test(field));
  if (analysis.verdict.status !== 'illustration' || plan.adaptive !== undefined) return [];
  if (phase === undefined || phases.length > 1 || variesOther || analysis.groups.length !== 1) return [];
  const lacks = [...seedsLack(plan.seeds), ...sizesLack(opened, phase), ...countsLack(analysis, phase)];
  if (lacks.length === 0) return [];
  const pathOf = (option: string) => option.slice(0, option.indexOf('='));
  const added = {
    set: lacks.flatMap(({ set = [] }) => set),
    sweep: lacks.flatMap(({ sweep = [] }) => sweep),
  };
  const replaced = new Set(['name', ...[...added.set, ...added.sweep].map(pathOf)]);
  const kept = (own: readonly string[] = []) => own.filter((option) => !replaced.has(pathOf(option)));
  const set = [...kept(options.set), `name=${plan.name}-test`, ...added.set];
  const sweep = [...kept(options.sweep), ...added.sweep];
  try {
    const larger = openExperiment(options.file, { set, sweep }, context);
    const workers = options.workers === undefined ? defaultWorkers(1) : Number(options.workers);
    const speed = measuredSpeed(absolutePath(options.store, context), fastestEngine(options.engine));
    const time = estimateMs(
      larger.plan.runs.map(({ flops }) => flops),
      workers,
      speed,
    );
    const places = {
      store: options.store,
      engine: options.engine,
      workers: options.workers,
      threads: options.threads,
    };
    const given = Object.entries(places).flatMap(([name, value]) =>
      value === undefined || value === DEFAULTS[name] ? [] : [`--${name} ${quoted(value)}`],
    );
    const words = [
      ...given,
      ...set.map((option) => `--set ${quoted(option)}`),
      ...sweep.map((option) => `--sweep ${quoted(option)}`),
    ];
    return [
      inert(
        `For a test of the count law: ${lacks.map(({ what }) => what).join(', ')}; ${plural(larger.plan.runs.length, 'run')}, up to ${formatDuration(time)} with ${plural(workers, 'worker')}:`,
      ),
      inert(`  tinypoison run ${quoted(options.file)} ${words.join(' ')}`),
    ];
  } catch (error) {
    // An experiment that these options do not fit has to be changed by hand.
    if (error instanceof InputError) return [];
    throw error;
  }
}
