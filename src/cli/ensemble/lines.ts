// Lines of ensembles and of the runs beside them. Points of one line differ in poison count, seed and part alone; a line of
// ensembles is compared with runs that differ from its members in `partition` alone and were trained on as much data.
import { varyingLabels } from '../../analyse/varying-labels.ts';
import { dataTokens, PARTITION } from '../../config/budget.ts';
import { countParameters } from '../../config/count-parameters.ts';
import type { PhaseConfig, RunConfig } from '../../config/schema/schema.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { shortCount } from '../../core/format-number.ts';
import { isUndivided, withoutCounts } from './find-ensembles.ts';

/** What all points of a line share. */
export interface Line {
  readonly id: string;
  /** For people: unique among the lines of an experiment. */
  readonly label: string;
  readonly parameters: number;
  /** Tokens of the data that poison was planted in. */
  readonly dataTokens: number;
  /** Whether its runs were trained on all of the data. */
  readonly undivided: boolean;
  /** Equal for lines that differ in `partition`, and in tokens and epochs of as much data, alone. */
  readonly kin: string;
}

const sumOf = (phases: readonly PhaseConfig[], tokens: (phase: PhaseConfig) => number) =>
  phases.reduce((sum, phase) => sum + tokens(phase), 0);

/** The config of a run, equal for all runs of its line. */
function lineConfig(config: RunConfig): RunConfig {
  return { ...withoutCounts(config), seed: 0 };
}

/** The same without what partition changes: itself, and how many tokens of the data one run trains on in how many passes. */
function kinConfig(config: RunConfig): RunConfig {
  const phases = lineConfig(config).phases.map(({ defend = [], ...phase }) => {
    const others = defend.filter(({ kind }) => kind !== PARTITION);
    return { ...phase, tokens: 1, epochs: 1, ...(others.length === 0 ? {} : { defend: others }) };
  });
  return { ...lineConfig(config), phases };
}

/** What a run or its ensemble is, as far as tokens and parts go. */
function describe(config: RunConfig, parts: number): string {
  const { phases } = config;
  if (isUndivided(config)) {
    const isDefended = phases.some(({ defend = [] }) => defend.some(({ kind }) => kind !== PARTITION));
    return `${isDefended ? 'without partition' : 'undefended'}, ${shortCount(sumOf(phases, dataTokens))} tokens`;
  }
  const passes = phases.map(({ epochs }) => epochs).join(', ');
  return `${parts} parts, ${shortCount(sumOf(phases, ({ tokens }) => tokens))} tokens a member in ${passes} ${passes === '1' ? 'pass' : 'passes'}`;
}

/** The lines of some members and runs, by the place of their config. */
export function linesOf(configs: readonly { config: RunConfig; parts: number }[]): Line[] {
  const kin = configs.map(({ config }) => kinConfig(config));
  const settings = varyingLabels(kin);
  const sizes = kin.map(({ model, tokenizer }) => countParameters(model, tokenizer.vocabularySize));
  const areSized = new Set(sizes).size > 1;
  const ids = configs.map(({ config }) => canonicalJson(lineConfig(config)));
  const labels = configs.map(({ config, parts }, place) =>
    [
      describe(config, parts),
      ...(areSized ? [`${shortCount(sizes[place] as number)} parameters`] : []),
      ...Object.entries(settings[place] ?? {}).map(([path, value]) => `${path} = ${value}`),
    ].join(', '),
  );
  return configs.map(({ config }, place): Line => {
    const id = ids[place] as string;
    const label = labels[place] as string;
    // Budgets that round to one number are told apart by their place.
    const alike = [...new Set(ids.filter((_, other) => labels[other] === label))];
    return {
      id,
      label: alike.length === 1 ? label : `${label}, number ${alike.indexOf(id) + 1}`,
      parameters: sizes[place] as number,
      dataTokens: sumOf(config.phases, dataTokens),
      undivided: isUndivided(config),
      kin: canonicalJson([kin[place], config.phases.map(dataTokens)]),
    };
  });
}
