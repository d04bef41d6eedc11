// The analysis of an experiment: from its records to estimates, curves and a verdict. One call, one plain record.

import { isTwin } from '../config/poisons.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { randomStream } from '../core/random.ts';
import type { AdaptiveSummary } from './adaptive/sweep-record.ts';
import type { Claim } from './claims/claim.ts';
import { sameCountClaim } from './claims/claim-contrasts.ts';
import { besideLadders } from './claims/claim-laws.ts';
import { type AnalysedGroup, baselineOf, type Contrast, contrastOf } from './claims/contrasts.ts';
import { groupClaims } from './claims/group-claims.ts';
import {
  type Headline,
  headlineOf,
  withCompetition,
  withJointLaws,
  withReplacedDocuments,
} from './claims/headline.ts';
import { type CleanCell, cleanHeadline, cleanRuns } from './clean-runs.ts';
import { type DefenceMatrix, defenceMatrix } from './defences/defence-matrix.ts';
import type { ExperimentRecords } from './experiment-records.ts';
import { analyseDose, type DoseAnalysis } from './fits/dose-analysis.ts';
import { doseData } from './fits/dose-cells.ts';
import { type JointCompetition, jointCompetition } from './fits/joint-competition.ts';
import { type JointLaws, jointLaws } from './fits/joint-laws.ts';
import { type VarianceComponents, varianceComponents } from './fits/variance-components.ts';
import { type Group, groupOutcomes } from './groups.ts';
import { type NearTriggerRow, nearTriggerTable } from './near-triggers.ts';
import { judgePredictions, type PredictionOutcome } from './predictions.ts';
import { type ReplacedDocuments, replacedDocuments } from './replaced-documents.ts';
import { runOutcome } from './run-outcome.ts';
import { measuredClaims, type Sensitivity, thresholdCurve } from './sensitivity.ts';
import { findSeries, type Series } from './series.ts';
import { INTERVAL_LEVEL } from './statistics/interval.ts';
import { byMeasure, hasScores, SUCCESS_MEASURES } from './success-measures.ts';
import { type TwinAnalysis, twinAnalysis } from './twins.ts';
import { stimuliOf } from './varying-labels.ts';

/** A series without its runs. */
export type SeriesSummary = Omit<Series, 'outcomes'>;

/** Analysis of runs that differ in size or data, count and seed only. */
export interface GroupAnalysis extends DoseAnalysis {
  readonly id: string;
  /** The settings that set it apart, as text; empty for an experiment of one group. */
  readonly title: string;
  readonly kind: Group['kind'];
  readonly labels: Group['labels'];
  /** Attacks of the group, usually one. */
  readonly attacks: readonly string[];
  /** Identities of its runs, in plan order. */
  readonly runIds: readonly string[];
  readonly series: readonly SeriesSummary[];
  readonly nearTriggers: readonly NearTriggerRow[];
  /** Of what the runs scatter; only with pools of stimuli. */
  readonly varianceComponents?: VarianceComponents;
}

/** Everything the analysis found. Plain JSON; every number is finite or null. */
export interface Analysis {
  readonly schema: 1;
  readonly experiment: string;
  readonly runs: {
    readonly total: number;
    readonly done: number;
    readonly diverged: number;
    readonly failed: number;
  };
  readonly seeds: readonly number[];
  /** Nominal coverage of every interval, 0-1. */
  readonly intervalLevel: number;
  /** Draws behind every bootstrap interval. */
  readonly bootstrapDraws: number;
  /** The outcome of every claim that the runs bear on, by group. */
  readonly claims: readonly Claim[];
  /** Every group but the first of its kind beside that first; none for an experiment of one group. */
  readonly contrasts: readonly Contrast[];
  readonly groups: readonly GroupAnalysis[];
  /** The laws over sizes and amounts of data together; none unless an experiment varies both. */
  readonly jointLaws: readonly JointLaws[];
  /** Innocent uses of the trigger over several shares of them; only where an experiment varies the share. */
  readonly competition?: readonly JointCompetition[];
  /** How the claims depend on the measure of success; only where runs are of evaluation contract 2. */
  readonly sensitivity?: Sensitivity;
  /** Fields whose values are drawn from pools; only where there are any. Intervals of P50, α, ratios and side effects cover them. */
  readonly stimuli?: readonly string[];
  /** What was predicted beside what was found; only where predictions are stated. */
  readonly predictions?: readonly PredictionOutcome[];
  /** What pairing with twins gains; only where an experiment has some. Twins are in nothing else of the analysis. */
  readonly twins?: TwinAnalysis;
  /** What parts of the poisoned documents do; only where runs replace some of them. These runs are in nothing else of the analysis. */
  readonly replacedDocuments?: readonly ReplacedDocuments[];
  /** Attacks by defences; only where defended runs stand beside undefended ones. */
  readonly defences?: DefenceMatrix;
  /** Clean loss by setting and size; only of an experiment without poison, which compares nothing else. */
  readonly cleanRuns?: readonly CleanCell[];
  /** How the runs were chosen; only of an adaptive sweep. */
  readonly adaptive?: AdaptiveSummary;
  /** Of the one group, or how the claims of several came out; each group has its own. */
  readonly verdict: Headline;
}

/** Draws a bootstrap interval. */
const DRAWS = 2000;

interface GroupResult extends AnalysedGroup {
  readonly analysis: GroupAnalysis;
  readonly claims: readonly Claim[];
}

function analyseGroup(group: Group, { draws, isOnly }: { draws: number; isOnly: boolean }): GroupResult {
  const series = findSeries(group.outcomes, group.kind);
  const streamOf = (...purpose: (string | number)[]) => randomStream('analysis', group.id, ...purpose);
  const dose = analyseDose(series, { kind: group.kind, draws, streamOf });
  const components = varianceComponents(doseData(series));
  const attacks = group.outcomes.flatMap((run) => run.record.poison.map((poison) => poison.attack));
  const analysis = {
    id: group.id,
    title: group.title,
    kind: group.kind,
    labels: group.labels,
    attacks: [...new Set(attacks)],
    runIds: group.outcomes.map((run) => run.record.id),
    series: series.map(({ id, label, parameters, tokens }) => ({ id, label, parameters, tokens })),
    ...dose,
    nearTriggers: nearTriggerTable(series, { draws, streamOf: (...of) => streamOf('near', ...of) }),
    ...(components === null ? {} : { varianceComponents: components }),
  };
  const claims = groupClaims(series, { group: group.id, kind: group.kind, dose, isOnly, draws, streamOf });
  return { group, series, dose, analysis, claims };
}

/** Each group against the first of its kind, and the claim that its settings leave the count needed as it is. */
function contrastGroups(
  groups: readonly GroupResult[],
  draws: number,
): { contrast: Contrast; claim: Claim | null }[] {
  return groups.flatMap((group) => {
    const baseline = baselineOf(group, groups);
    if (baseline === null) return [];
    const streamOf = (...of: (string | number)[]) =>
      randomStream('analysis', group.group.id, 'contrast', ...of);
    const contrast = contrastOf(group, baseline, { draws, streamOf });
    return [{ contrast, claim: sameCountClaim(contrast, { group, baseline }) }];
  });
}

/** The claims of a group; a dilution slope stands beside those of the ladders of the same settings. */
function claimsOf({ group, claims }: GroupResult, groups: readonly GroupResult[]): Claim[] {
  const labels = canonicalJson(group.labels);
  const ladders = groups
    .filter((other) => canonicalJson(other.group.labels) === labels)
    .flatMap((other) =>
      other.claims
        .filter(({ id }) => id === 'count-law')
        .map((claim) => ({ ...claim, title: other.group.title })),
    );
  return claims.map((claim) => (claim.id === 'dilution' ? besideLadders(claim, ladders) : claim));
}

/** What is made of the runs under one measure of success. */
function analyseGroups(divided: readonly Group[], draws: number) {
  const isOnly = divided.length === 1;
  const analysed = divided.map((group) => analyseGroup(group, { draws, isOnly }));
  const contrasts = contrastGroups(analysed, draws);
  const claims = [
    ...contrasts.flatMap(({ claim }) => claim ?? []),
    ...analysed.flatMap((item) => claimsOf(item, analysed)),
  ];
  return {
    groups: analysed.map(({ analysis }) => analysis),
    contrasts: contrasts.map(({ contrast }) => contrast),
    claims,
    analysed,
  };
}

/** Groups whose runs have a measure in the place of success. */
function measuredGroups(divided: readonly Group[], measure: Parameters<typeof byMeasure>[1]): Group[] {
  return divided.map((group) => ({ ...group, outcomes: byMeasure(group.outcomes, measure) }));
}

/** The same claims under every measure of success. */
function sensitivityOf(divided: readonly Group[], draws: number): Sensitivity {
  const measures = SUCCESS_MEASURES.map((measure) => {
    const { groups, claims } = analyseGroups(measuredGroups(divided, measure), draws);
    const halfSuccess = groups.flatMap(({ id: group, halfSuccess: own }) =>
      own.map(({ curve: _curve, band: _band, ...half }) => ({ group, ...half })),
    );
    return { measure: measure.id, label: measure.label, claims: measuredClaims(claims), halfSuccess };
  });
  return { measures, thresholds: thresholdCurve(divided) };
}

/**
 * Analyses an experiment. The unit is the run: its full evaluation at the end of the last phase decides.
 * Deterministic: the bootstrap's random numbers are seeded by what they are for.
 * @param options.draws bootstrap draws an interval, default 2000
 */
export function analyseExperiment(input: ExperimentRecords, options: { draws?: number } = {}): Analysis {
  const draws = options.draws ?? DRAWS;
  const { stimuli } = input;
  const outcomes = input.records
    .filter(({ config }) => !isTwin(config))
    .map((record) => ({
      ...runOutcome(record),
      ...(stimuli && { stimuli: stimuliOf(record.config, stimuli) }),
    }));
  const twins = twinAnalysis(input.records);
  const count = (status: string): number => input.records.filter((record) => record.status === status).length;
  const divided = groupOutcomes(outcomes, stimuli);
  const main = measuredGroups(divided, 'main');
  const { groups, contrasts, claims, analysed } = analyseGroups(main, draws);
  const joint = jointLaws(main);
  const competition = jointCompetition(main, {
    draws,
    streamOf: (...of) => randomStream('analysis', 'competition', ...of),
  });
  const replaced = replacedDocuments(input.records, stimuli);
  const clean = cleanRuns(analysed, input.records);
  const titleOf = (id: string) => groups.find((group) => group.id === id)?.title ?? id;
  const defences = defenceMatrix(analysed, {
    draws,
    // The streams of the contrasts, so that a ratio is the same number in both.
    streamOf:
      (group) =>
      (...of) =>
        randomStream('analysis', group, 'contrast', ...of),
  });
  return {
    schema: 1,
    experiment: input.name,
    runs: {
      total: input.records.length,
      done: count('done'),
      diverged: count('diverged'),
      failed: count('failed'),
    },
    seeds: [...new Set(outcomes.map((run) => run.seed))].sort((a, b) => a - b),
    intervalLevel: INTERVAL_LEVEL,
    bootstrapDraws: draws,
    claims,
    contrasts,
    groups,
    jointLaws: joint,
    verdict:
      clean === null
        ? withReplacedDocuments(
            withCompetition(withJointLaws(headlineOf(groups, claims), joint), competition),
            replaced,
          )
        : cleanHeadline(clean, titleOf),
    ...(competition.length === 0 ? {} : { competition }),
    ...(clean === null ? {} : { cleanRuns: clean }),
    ...(stimuli === undefined ? {} : { stimuli }),
    ...(input.predictions === undefined
      ? {}
      : { predictions: judgePredictions(input.predictions, { groups, claims, twins }) }),
    ...(twins === null ? {} : { twins }),
    ...(replaced.length === 0 ? {} : { replacedDocuments: replaced }),
    ...(defences === null ? {} : { defences }),
    ...(clean === null && input.records.some(hasScores)
      ? { sensitivity: sensitivityOf(divided, draws) }
      : {}),
  };
}
