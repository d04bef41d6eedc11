// What is said of ensembles: a line each, what their votes certify, and how many documents attackers need.
import { inert } from '../../core/inert-text.ts';
import { type CommandContext, print } from '../command-context.ts';
import { formatNumber } from '../format.ts';
import { lawCells } from '../law-cells.ts';
import { table } from '../terminal.ts';
import type { LineLaw } from './ensemble-laws.ts';
import { DIFFERENT_DATA } from './find-ensembles.ts';
import type { EnsembleResult } from './measure-ensemble.ts';

/** Lines without R, those of one reason together and each without the uses of its members. */
function showIncomparable(laws: readonly LineLaw[], context: CommandContext): void {
  const reasons = new Map<string, Set<string>>();
  for (const { line, use, incomparable } of laws) {
    if (incomparable === null) continue;
    const lines = reasons.get(incomparable) ?? new Set();
    reasons.set(incomparable, lines.add(line.slice(0, -`: ${use}`.length)));
  }
  for (const [reason, lines] of reasons)
    print(context, '', `No R for ${inert([...lines].join('; '))}: ${reason}.`);
}

/** P50 and R; nothing without curves. */
export function showLaws(
  laws: readonly LineLaw[],
  { targeted, context }: { targeted: number | null; context: CommandContext },
): void {
  if (laws.length === 0) return;
  const rows = laws.map((law) => [inert(law.line), ...lawCells(law)]);
  print(
    context,
    '',
    'Documents for half success (P50), and R: P50 over that of runs that are the same without partition on as much data, paired by seed (90 % intervals, from five seeds on).',
    ...(targeted === null
      ? []
      : [
          `Of ensembles the documents counted are m/k of those planted in the data of all k parts: the share of the m = ${targeted} parts that the attacker chose.`,
        ]),
    '',
    ...table([['', 'P50', 'interval', 'R', 'interval'], ...rows], [1, 2, 3, 4]),
  );
  showIncomparable(laws, context);
}

const percent = (share: number | null | undefined) =>
  share === null || share === undefined ? '' : `${(100 * share).toFixed(0)} %`;

/** Success, price and certificate of each. */
export function showEnsembles(results: readonly EnsembleResult[], context: CommandContext): void {
  const head = [
    'seed',
    'parts',
    'planted',
    'in parts',
    'members',
    'votes',
    'log mean',
    'weights',
    'loss of a member',
  ];
  const losses = ['votes', 'log mean', 'weights'];
  const rows = results.map((own) => [
    ...[own.seed, own.runs.length, own.planted, own.documents].map(String),
    ...[own.members, own.votes, own.logMean, own.meanWeights].map(({ success }) => percent(success)),
    ...[own.members, own.votes, own.logMean, own.meanWeights].map(({ cleanLossNats }) =>
      formatNumber(cleanLossNats, 3),
    ),
  ]);
  const right = Array.from({ length: head.length + losses.length }, (_, column) => column);
  print(
    context,
    'Attack success and clean loss (nats a token) of the members alone (mean), of their votes, of the mean of their log probabilities, and of one model with the mean of their weights.',
    '',
    ...table([[...head, ...losses], ...rows], right),
  );
  const certified = results.filter(({ uncertified }) => uncertified === null);
  if (results.some(({ targeted, uncertified }) => targeted !== null && uncertified === DIFFERENT_DATA))
    print(
      context,
      '',
      'A targeted attack has no certificate: its members come from data with poison and from data without.',
    );
  for (const { uncertified, targeted, runs } of results)
    if (uncertified !== null && (targeted === null || uncertified !== DIFFERENT_DATA))
      print(
        context,
        '',
        `No certificate for ${runs.map((id) => id.slice(0, 8)).join(', ')}: ${inert(uncertified)}.`,
      );
  if (certified.length === 0) return;
  const radii = certified.map(({ seed, planted, radius: { clean, trigger } }) => [
    ...[seed, planted].map(String),
    ...[clean.tokens, clean.generations, trigger?.tokens, trigger?.generations].map((shares) =>
      (shares ?? []).map(percent).join(', '),
    ),
  ]);
  print(
    context,
    '',
    `Certified: share that stays as it is, whatever ${certified.some(({ runs }) => runs.length >= 4) ? 'one, two, ... documents are' : 'document is'} added to or removed from the data of all parts (a replaced one counts as two). Steps, vocabulary and seeds are taken as given.`,
    '',
    ...table(
      [
        ['seed', 'planted', 'tokens', 'whole texts', 'tokens after the trigger', 'whole texts after it'],
        ...radii,
      ],
      [0, 1, 2, 3, 4, 5],
    ),
  );
}
