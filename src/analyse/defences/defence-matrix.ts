// The matrix of defences: attacks by defences by sizes, each cell measured, or said to be untested.
import { plantsOfFirst } from '../../config/measured-poisons.ts';
import { leftOutPoisonOption } from '../../config/schema/poison-options.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { RandomStream } from '../../core/random.ts';
import type { AnalysedGroup } from '../claims/contrasts.ts';
import type { Labels } from '../varying-labels.ts';
import { isAdaptiveAttack } from './adaptive-attacks.ts';
import { type MeasuredDefence, measureDefence } from './defence-cell.ts';
import {
  attackLabels,
  type DefenceSettings,
  type DefendedPair,
  defendedPairs,
  groupDefences,
} from './defended-groups.ts';

/** One cell, by the names of its row, column and size. */
export interface DefenceCell {
  /** Title of the row. */
  readonly attack: string;
  /** Title of the column. */
  readonly defence: string;
  /** The series, e.g. `d32`. */
  readonly size: string;
  /** The group of the defended runs and that of the undefended ones; null where untested. */
  readonly group: string | null;
  readonly baseline: string | null;
  readonly status: 'measured' | 'untested';
  /** Whether the attack was written to get past this defence. */
  readonly adaptive: boolean;
  /** Whether the defence was told which documents are poisoned: no defence here is. */
  readonly usesTruth: false;
  readonly measured: MeasuredDefence | null;
}

/** Rows and columns, and their cells in order of rows, columns, sizes. */
export interface DefenceMatrix {
  readonly attacks: readonly {
    readonly title: string;
    readonly settings: Labels;
    /** Share of clean documents that hold the trigger, 0-1. */
    readonly cleanShare: number;
  }[];
  readonly defences: readonly { readonly title: string; readonly settings: DefenceSettings }[];
  readonly sizes: readonly string[];
  readonly cells: readonly DefenceCell[];
}

const unique = <T>(items: readonly T[], key: (item: T) => string): T[] => [
  ...new Map(items.map((item) => [key(item), item] as const)).values(),
];

/** A setting by the end of its path: `trigger.cleanShare = 0.02`. */
function labelInWords([path, value]: [string, string]): string {
  return `${path.replace(/^phases\.[^.]+\.(poison\.)?/, '')} = ${value}`;
}

/** The attack's name, and the settings in which the rows differ, where they are not those of a config that leaves them out. */
function attackTitles(bases: readonly AnalysedGroup[]): string[] {
  const labels = bases.map(attackLabels);
  return bases.map(({ group }, i) => {
    const poison = group.outcomes.flatMap(({ record }) => record.poison.map(({ attack }) => attack));
    const own = Object.entries(labels[i] ?? {}).filter(
      ([path, value]) =>
        value !== '(none)' &&
        value !== leftOutPoisonOption(path)?.value &&
        labels.some((other) => other[path] !== value),
    );
    const isName = ([path]: [string, string]) => /\.attack$/.test(path);
    return [poison[0] ?? 'no attack', ...own.filter((item) => !isName(item)).map(labelInWords)].join(', ');
  });
}

const kindsOf = (settings: DefenceSettings): string[] =>
  settings.flatMap(({ defend }) => defend.map(({ kind }) => kind));

/** Kinds in their order; where two columns are of the same kinds, the options in which they differ. */
function defenceTitles(columns: readonly DefenceSettings[]): string[] {
  return columns.map((own) => {
    const kinds = kindsOf(own).join(' + ');
    const alike = columns.filter((other) => other !== own && kindsOf(other).join(' + ') === kinds);
    const options = (settings: DefenceSettings) =>
      settings.flatMap(({ phase, defend }) =>
        defend.flatMap(({ kind, ...rest }) =>
          Object.entries(rest).map(([name, value]) => `${phase}: ${kind} ${name} = ${canonicalJson(value)}`),
        ),
      );
    const others = alike.map(options);
    const differing = options(own).filter((text) => others.some((list) => !list.includes(text)));
    const short = differing.map((text) => text.replace(/^.*? .*? /, ''));
    return [kinds, ...short].join(', ');
  });
}

function cleanShareOf({ group }: AnalysedGroup): number {
  const shares = group.outcomes.map(({ record }) =>
    plantsOfFirst(record.config.phases).map(({ poison }) => poison.trigger.cleanShare ?? 0),
  );
  return Math.max(0, ...shares.flat());
}

/** Cells of one attack against one defence, by size. */
function cellsOf(
  place: { readonly attack: string; readonly defence: string; readonly sizes: readonly string[] },
  pair: DefendedPair | undefined,
  options: { draws: number; streamOf: (...purpose: (string | number)[]) => RandomStream },
): DefenceCell[] {
  const { attack, defence, sizes } = place;
  const measured = pair === undefined ? new Map<string, MeasuredDefence>() : measureDefence(pair, options);
  const [run] = pair?.own.group.outcomes.filter(({ documents }) => documents > 0) ?? [];
  const adaptive =
    pair !== undefined &&
    run !== undefined &&
    isAdaptiveAttack(
      run.record.config,
      groupDefences(pair.own).flatMap(({ defend }) => defend),
    );
  return sizes.map((size) => {
    const own = measured.get(size) ?? null;
    return {
      ...{ attack, defence, size },
      group: own === null ? null : (pair?.own.group.id ?? null),
      baseline: own === null ? null : (pair?.base.group.id ?? null),
      status: own === null ? 'untested' : 'measured',
      adaptive: own !== null && adaptive,
      usesTruth: false,
      measured: own,
    };
  });
}

/**
 * The matrix of an experiment; null unless some of its runs are defended and others, alike but for that, are not.
 * @param options.streamOf by group and purpose, so that one more group changes no other
 */
export function defenceMatrix(
  groups: readonly AnalysedGroup[],
  options: { draws: number; streamOf: (group: string) => (...purpose: (string | number)[]) => RandomStream },
): DefenceMatrix | null {
  const pairs = defendedPairs(groups);
  if (pairs.length === 0) return null;
  const bases = unique(
    pairs.map(({ base }) => base),
    ({ group }) => group.id,
  );
  const columns = unique(
    pairs.map(({ own }) => groupDefences(own)),
    canonicalJson,
  );
  const titles = { attacks: attackTitles(bases), defences: defenceTitles(columns) };
  const sizes = unique(
    pairs.flatMap(({ own }) => own.series.map(({ id }) => id)),
    (id) => id,
  );
  const cells = bases.flatMap((base, row) =>
    columns.flatMap((settings, column) => {
      const pair = pairs.find(
        (item) => item.base === base && canonicalJson(groupDefences(item.own)) === canonicalJson(settings),
      );
      const place = { attack: titles.attacks[row] ?? '', defence: titles.defences[column] ?? '', sizes };
      const streamOf = options.streamOf(pair?.own.group.id ?? '');
      return cellsOf(place, pair, { draws: options.draws, streamOf });
    }),
  );
  return {
    attacks: bases.map((base, i) => ({
      title: titles.attacks[i] ?? '',
      settings: attackLabels(base),
      cleanShare: cleanShareOf(base),
    })),
    defences: columns.map((settings, i) => ({ title: titles.defences[i] ?? '', settings })),
    sizes,
    cells,
  };
}
