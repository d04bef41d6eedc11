// What an experiment says as a whole: the verdict on its one group, or how the claims of several came out.
import { pow } from '../../core/math.ts';
import type { JointCompetition } from '../fits/joint-competition.ts';
import type { JointLaws } from '../fits/joint-laws.ts';
import type { ReplacedDocuments } from '../replaced-documents.ts';
import type { SeedEstimate } from '../statistics/student-interval.ts';
import type { Claim, ClaimStatus } from './claim.ts';
import { isByHalfSuccess, SAME_COUNT_ASR, SAME_COUNT_LOG2 } from './claim-contrasts.ts';
import { fixed, intervalInWords, rankingSentence } from './law-sentences.ts';
import type { Verdict } from './verdict.ts';

/** The verdict on an experiment. */
export interface Headline extends Omit<Verdict, 'status'> {
  /** mixed: of several groups, whose claims came out differently. */
  readonly status: ClaimStatus | 'mixed';
}

interface NamedGroup {
  readonly id: string;
  readonly title: string;
  readonly verdict: Verdict;
}

const LAWS = {
  'count-law': { one: 'ladder of sizes', many: 'ladders of sizes' },
  dilution: { one: 'series of amounts of data', many: 'series of amounts of data' },
} as const;

const SAME_COUNT_OUTCOMES = {
  supported: 'within the bounds',
  contradicted: 'beyond them',
  inconclusive: 'not decided',
  illustration: 'only illustrated, with too few seeds',
} as const;

const STATUSES = ['supported', 'contradicted', 'inconclusive', 'illustration'] as const;

function tally(claims: readonly Claim[], words: Readonly<Record<ClaimStatus, string>>): string {
  const parts = STATUSES.flatMap((status) => {
    const count = claims.filter((claim) => claim.status === status).length;
    return count === 0 ? [] : [`${count} ${words[status]}`];
  });
  return parts.join(', ');
}

/** One sentence for the ladders, one for the series of data, one for the changes of settings. */
function sentences(claims: readonly Claim[]): string[] {
  const plain = Object.fromEntries(STATUSES.map((status) => [status, status])) as Record<ClaimStatus, string>;
  const laws = (['count-law', 'dilution'] as const).flatMap((id) => {
    const own = claims.filter((claim) => claim.id === id);
    const name = own.length === 1 ? LAWS[id].one : LAWS[id].many;
    return own.length === 0 ? [] : [`The count law on ${own.length} ${name}: ${tally(own, plain)}.`];
  });
  const changes = claims.filter((claim) => claim.id === 'same-count');
  if (changes.length === 0) return laws;
  const name = changes.length === 1 ? 'change' : 'changes';
  const outcomes = tally(changes, SAME_COUNT_OUTCOMES);
  return [...laws, `Documents needed after ${changes.length} ${name} of settings: ${outcomes}.`];
}

/** The bounds of `same-count` as a reader expects them. */
const FACTOR = pow(2, SAME_COUNT_LOG2);
const POINTS = Math.round(100 * SAME_COUNT_ASR);

/** What decided, and how: by P50, or, where P50 lies outside the counts tried, by success at the same counts. */
const SAME_COUNT_NAMES = {
  byHalfSuccess: {
    supported: `P50 changes by less than ${FACTOR} times`,
    contradicted: `P50 changes by more than ${FACTOR} times`,
    inconclusive: `P50 within or beyond ${FACTOR} times is not decided`,
    illustration: 'Too few seeds',
  },
  bySuccess: {
    supported: `Success at the same counts changes by less than ${POINTS} points`,
    contradicted: `Success at the same counts changes by more than ${POINTS} points, P50 by an unknown factor`,
    inconclusive: `Success at the same counts within or beyond ${POINTS} points is not decided`,
    illustration: 'Too few seeds',
  },
} as const;

/** The changes of settings by outcome and by what decided, so that a reader sees which they are. */
function listed(claims: readonly Claim[], groups: readonly NamedGroup[]): string[] {
  const sentences = claims
    .filter(({ id }) => id === 'same-count')
    .map((claim) => ({
      name: SAME_COUNT_NAMES[isByHalfSuccess(claim) ? 'byHalfSuccess' : 'bySuccess'][claim.status],
      order: STATUSES.indexOf(claim.status),
      title: groups.find(({ id }) => id === claim.group)?.title ?? claim.group,
    }))
    .sort((a, b) => a.order - b.order);
  return [...new Set(sentences.map(({ name }) => name))].map((name) => {
    const titles = sentences.filter((item) => item.name === name).map(({ title }) => title);
    return `${name}: ${titles.join('; ')}.`;
  });
}

/** The verdict on an experiment, from its groups and all claims about them. */
export function headlineOf(groups: readonly NamedGroup[], claims: readonly Claim[]): Headline {
  const [first] = groups;
  if (first === undefined) return { status: 'illustration', headline: 'There are no runs yet.', reasons: [] };
  if (groups.length === 1) return first.verdict;
  const decisive = claims.filter(({ id }) => id === 'same-count' || id === 'count-law' || id === 'dilution');
  const statuses = [...new Set(decisive.map(({ status }) => status))];
  const [headline, ...others] = sentences(decisive);
  if (headline === undefined) {
    const words = `${groups.length} groups of runs, none of which can be compared with another.`;
    return { status: 'illustration', headline: words, reasons: [] };
  }
  return {
    status: statuses.length === 1 ? statuses[0] : 'mixed',
    headline,
    reasons: [...others, ...listed(decisive, groups)],
  };
}

/** The verdict with the laws over all sizes and amounts of data among its reasons. */
export function withJointLaws(headline: Headline, joint: readonly JointLaws[]): Headline {
  const sentences = joint.flatMap((found) =>
    rankingSentence(found).map(
      (ranking) => `All sizes and amounts of data together (${found.runs} poisoned runs). ${ranking}`,
    ),
  );
  return { ...headline, reasons: [...headline.reasons, ...sentences] };
}

/** The verdict with what innocent uses of the trigger do among its reasons. */
export function withCompetition(headline: Headline, joint: readonly JointCompetition[]): Headline {
  const sentences = joint.map(({ laws, runs, weight, weightInterval }) => {
    const range =
      weightInterval === null
        ? ''
        : ` (90 % interval ${intervalInWords(weightInterval)}, noise of the runs only)`;
    return [
      `All shares of innocent uses together (${runs} poisoned runs): one innocent use of the trigger takes away as much as ` +
        `${fixed(weight)} poisoned documents bring${range}.`,
      ...rankingSentence({ laws }),
    ].join(' ');
  });
  return { ...headline, reasons: [...headline.reasons, ...sentences] };
}

/** `66 points (90 % interval 49 to 82)`. */
function inPoints({ mean, interval }: SeedEstimate): string {
  const points = (share: number | null): string => (100 * (share ?? 0)).toFixed(0);
  const range =
    interval === null ? '' : ` (90 % interval ${points(interval.low)} to ${points(interval.high)})`;
  return `${points(mean)} points${range}`;
}

/** The verdict with the runs that replace some documents, which no claim judges, and the part of these that does most. */
export function withReplacedDocuments(headline: Headline, sets: readonly ReplacedDocuments[]): Headline {
  if (sets.length === 0) return headline;
  const runs = sets.reduce((sum, set) => sum + set.runs, 0);
  const sentences = sets.flatMap(({ title, documents, parts, most }) => {
    if (parts.every(({ main }) => main === null)) return [];
    const where = title === '' ? '' : `${title}: `;
    const part = most === null ? undefined : parts[most];
    if (part === undefined || part.main === null)
      return [`${where}no part of the ${documents} documents stands out from the others.`];
    const which =
      part.first === part.last ? `document ${part.first}` : `documents ${part.first} to ${part.last}`;
    return [
      `${where}of ${documents} documents, counted from 0, ${which} do most: over the patterns that were tried they add ` +
        `${inPoints(part.main)} to success.`,
    ];
  });
  return {
    ...headline,
    headline: `${headline.headline} ${runs} runs with replaced documents are judged by no claim.`,
    reasons: [...headline.reasons, ...sentences],
  };
}
