// The plan that config.yaml of a results folder makes, and the records compared with it.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adaptiveOf } from '../analyse/adaptive/adaptive-sweep.ts';
import { sweepRecord } from '../analyse/adaptive/sweep-record.ts';
import { identityConfig } from '../config/identity.ts';
import { parseExperiment } from '../config/node/load-experiment.ts';
import { expandPlan, type Plan, type PlannedRun } from '../config/sweep/expand-plan.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { InputError } from '../core/errors.ts';
import { registered } from '../recipe/registered.ts';
import type { RunRecord } from '../run/record.ts';
import type { Finding } from './finding.ts';
import type { ResultsFolder } from './results-folder.ts';

/** Folders that relative paths in config.yaml may start from: it is a copy, and its original lay elsewhere. */
export function configBases(folder: string): string[] {
  const own = resolve(folder);
  const home = dirname(dirname(own));
  const program = fileURLToPath(new URL('../../', import.meta.url));
  const name = own.slice(dirname(own).length + 1);
  return [own, join(home, 'experiments', name), home, join(program, 'experiments', name)];
}

/** The plan of results, or why there is none. */
export type ResultsPlan = Plan | { readonly reason: string };

/** Plans the runs of config.yaml. */
export function planOfResults({
  folder,
  configText,
}: Pick<ResultsFolder, 'folder' | 'configText'>): ResultsPlan {
  if (configText === '') return { reason: 'config.yaml is not there' };
  let first: string | undefined;
  for (const base of configBases(folder)) {
    try {
      const options = {
        file: join(base, 'config.yaml'),
        ...registered,
      };
      return expandPlan(parseExperiment(configText, options));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      first ??= error.problems[0]?.message ?? error.message;
    }
  }
  return { reason: `config.yaml cannot be planned: ${first}` };
}

const keyOf = ({ config }: Pick<PlannedRun, 'config'>) => canonicalJson(identityConfig(config));
const SHOWN = 3;

function labelsOf({ labels, config }: PlannedRun): string {
  const parts = Object.entries(labels).map(([path, value]) => `${path.split('.').at(-1)} ${value}`);
  return [...parts, `seed ${config.seed}`].join(', ');
}

/** Runs of an adaptive sweep that its decisions did not choose, or that its last batch lacks. */
function decisionFindings(records: readonly RunRecord[], plan: Plan): Finding[] {
  const { adaptive } = adaptiveOf(plan);
  if (adaptive === undefined) return [];
  const { surplus, missing, sweep } = sweepRecord(adaptive, records);
  const nameOf = (place: number) => labelsOf(plan.runs[place] as PlannedRun);
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            run: null,
            text: `the last batch of the adaptive sweep lacks ${missing.length} runs: ${missing.slice(0, SHOWN).map(nameOf).join('; ')}`,
          },
        ]),
    ...surplus.map((place) => ({
      run: null,
      text: `the adaptive sweep, decided again, does not choose the run ${nameOf(sweep.candidates[place]?.place ?? place)}`,
    })),
  ];
}

/** Runs that the plan has and the records lack, or the reverse, and records in another order. */
export function planFindings(
  records: readonly RunRecord[],
  plan: ResultsPlan,
  { isOlder = false }: { readonly isOlder?: boolean } = {},
): Finding[] {
  if ('reason' in plan)
    return [{ run: null, text: `${plan.reason}, so that no run can be compared with a plan` }];
  const places = new Map(plan.runs.map((run, place) => [keyOf(run), place]));
  const found = records.map((record) => places.get(keyOf(record)));
  const missing = plan.adaptive === undefined ? plan.runs.filter((_, place) => !found.includes(place)) : [];
  const planned = found.filter((place) => place !== undefined);
  const isOrdered = planned.every((place, index) => index === 0 || place > (planned[index - 1] as number));
  const names = missing.slice(0, SHOWN).map(labelsOf).join('; ');
  return [
    ...(missing.length === 0
      ? []
      : [
          {
            run: null,
            text: `results.jsonl lacks ${missing.length} of the ${plan.runs.length} runs that config.yaml plans: ${names}${missing.length > SHOWN ? '; …' : ''}`,
          },
        ]),
    ...records.flatMap(({ id }, index) =>
      found[index] === undefined ? [{ run: id, text: 'the run is not in the plan of config.yaml' }] : [],
    ),
    ...(isOrdered
      ? []
      : [{ run: null, text: 'results.jsonl has its runs in another order than config.yaml plans' }]),
    // An older release may have decided by another rule.
    ...(isOlder ? [] : decisionFindings(records, plan)),
  ];
}
