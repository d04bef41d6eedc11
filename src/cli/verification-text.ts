// What a verification came to, as text: for the terminal and as Markdown.
import { visibleText } from '../core/inert-text.ts';
import { configTitle } from '../run/run-title.ts';
import type { BandCheck } from '../verify/bands.ts';
import type { FirstDifference } from '../verify/compare-records.ts';
import { shortValue } from '../verify/diff-values.ts';
import type { LockstepResult } from '../verify/lockstep.ts';
import type { Outcome, RunVerification, Verification } from '../verify/verification.ts';
import { plural } from './format.ts';

const OUTCOME_WORDS: Readonly<Record<Outcome, string>> = {
  'same-bits': 'same bits',
  'older-report': 'same bits, older report',
  'within-bands': 'within bands only',
  differs: 'DIFFERS',
  failed: 'could not be repeated',
};

const SHOWN_FAULTS = 5;
const SHOWN_TENSORS = 3;

/** The outcome of a verification in a sentence. */
export function outcomeSentence(verification: Verification): string {
  const { outcome, runs, total, findings, verdict, derivedFiles } = verification;
  const done = `${runs.length} of ${plural(total, 'run')} repeated`;
  const derived =
    derivedFiles === 0 ? '' : `; ${plural(derivedFiles, 'file')} made again from the records, the same`;
  if (outcome === 'same-bits')
    return `Same bits: ${done}, weights and every measurement as recorded${derived}.`;
  if (outcome === 'older-report')
    return `Runs and tables only: ${done}, weights and every measurement as recorded; the report is of an older release and was not compared.`;
  if (outcome === 'within-bands')
    return `Within bands only: ${done}; not the same bits, but every figure agrees within its band.`;
  if (outcome === 'failed') return `Not verified: ${done}, and not all could be.`;
  const parts = [
    ...(findings.length === 0
      ? []
      : [`${plural(findings.length, 'inconsistency').replace('ys', 'ies')} in the files`]),
    ...(runs.some((run) => run.outcome === 'differs') ? ['figures outside their bands'] : []),
    ...(verdict !== null && verdict.stored !== verdict.rerun ? ['another verdict'] : []),
  ];
  return `Differs: ${done}; ${parts.join(', ')}.`;
}

function firstSentence(first: FirstDifference): string {
  const { checkpoint, phase, equalUntilStep, optimizerStep, measure, stored, rerun } = first;
  const since = equalUntilStep === 0 ? 'in the first' : `after step ${equalUntilStep}, which agrees,`;
  return (
    `measurements part ${since} ${equalUntilStep === 0 ? `${optimizerStep} steps` : `by step ${optimizerStep}`}: ` +
    `checkpoint ${checkpoint} of ${phase}, ${measure} is ${shortValue(stored)} in the record, ${shortValue(rerun)} repeated`
  );
}

function traceSentence({ trace, hasTrace, difference }: RunVerification): string[] {
  if (difference === null || !difference.weightsDiffer) return [];
  if (!hasTrace)
    return ['the store has no trace of the original, which would name the first step and tensor'];
  if (trace === null) return ['its trace in the store has the same weights at every step that both have'];
  const { equalUntilStep, optimizerStep, tensors } = trace;
  const names = tensors.slice(0, SHOWN_TENSORS).join(', ');
  const more = tensors.length > SHOWN_TENSORS ? ` and ${tensors.length - SHOWN_TENSORS} more` : '';
  const before =
    equalUntilStep === null ? 'from the beginning' : `after step ${equalUntilStep}, which agrees,`;
  return [`weights part ${before} by step ${optimizerStep}: ${names}${more}`];
}

function bandSentences(bands: readonly BandCheck[]): string[] {
  const faults = bands.filter(({ agrees }) => !agrees);
  const shown = faults
    .slice(0, SHOWN_FAULTS)
    .map(({ figure, stored, rerun, allowed }) =>
      allowed === 0
        ? `${figure}: ${stored} in the record, ${rerun} when repeated`
        : `${figure}: ${stored} in the record, ${rerun} when repeated, outside ±${allowed.toFixed(4)}`,
    );
  if (bands.length === 0) return [];
  if (faults.length === 0) return [`all ${bands.length} figures agree within their bands`];
  const more = faults.length > SHOWN_FAULTS ? [`and ${faults.length - SHOWN_FAULTS} more figures`] : [];
  return [...shown, ...more];
}

/** What there is to say of one run beside its outcome. */
function runSentences(run: RunVerification): string[] {
  const { difference, bandsBecause, bands, reasons } = run;
  return [
    ...(bandsBecause === null ? [] : [bandsBecause]),
    ...(difference?.first ? [firstSentence(difference.first)] : []),
    ...(difference !== null && difference.first === null
      ? [
          `differs in ${difference.fields
            .map(({ path }) => path)
            .slice(0, SHOWN_FAULTS)
            .join(', ')}`,
        ]
      : []),
    ...traceSentence(run),
    ...bandSentences(bands),
    ...reasons,
  ];
}

function lockstepSentence({ engine, beside, steps, parted }: LockstepResult): string {
  if (parted === null)
    return `${engine} beside ${beside}: the same bits over the first ${plural(steps, 'step')}`;
  const { optimizerStep, tensors, lossDiffers } = parted;
  const where = [...(lossDiffers ? ['the loss'] : []), ...tensors.slice(0, SHOWN_TENSORS)].join(', ');
  return `${engine} beside ${beside}: they part at step ${optimizerStep}, in ${where}`;
}

/** What a sample cannot exclude. */
function escapeSentence({ escapeChance, runs, total }: Verification): string[] {
  if (escapeChance === 0) return [];
  const percent = (100 * escapeChance).toFixed(escapeChance > 0.99 ? 1 : 0);
  return [
    `One altered run of ${total}, consistent in all files, escapes a sample of ${runs.length} with a chance of ${percent} %, ` +
      'and for certain where the forger knew which runs are chosen; --all repeats every run.',
  ];
}

/** The same content for the terminal and for Markdown. */
interface Described {
  readonly sentence: string;
  readonly runs: readonly { id: string; title: string; outcome: string; details: readonly string[] }[];
  readonly findings: readonly string[];
  readonly lockstep: readonly string[];
  readonly others: readonly string[];
}

function describe(verification: Verification): Described {
  const { runs, findings, lockstep, verdict, failedBefore } = verification;
  return {
    sentence: outcomeSentence(verification),
    runs: runs.map((run) => ({
      id: run.record.id.slice(0, 12),
      title: configTitle(run.record.config),
      outcome: OUTCOME_WORDS[run.outcome],
      details: runSentences(run),
    })),
    findings: findings.map(({ run, text }) => (run === null ? text : `run ${run.slice(0, 12)}: ${text}`)),
    lockstep: lockstep.map(lockstepSentence),
    others: [
      ...(verdict === null
        ? []
        : [
            verdict.stored === verdict.rerun
              ? `The verdict stays ${verdict.stored} with the repeated runs in place of the recorded ones.`
              : `The verdict is ${verdict.stored} by the record, ${verdict.rerun} with the repeated runs in place of theirs.`,
          ]),
      ...(failedBefore === 0 ? [] : [`${plural(failedBefore, 'run')} recorded as failed.`]),
      ...escapeSentence(verification),
      ...verification.notes,
    ],
  };
}

/** Lines for the terminal; the caller makes them inert. */
export function verificationLines(verification: Verification): string[] {
  const { sentence, runs, findings, lockstep, others } = describe(verification);
  return [
    ...runs.flatMap(({ id, title, outcome, details }) => [
      `${id}  ${outcome.padEnd(17)}  ${title}`,
      ...details.map((detail) => `              ${detail}`),
    ]),
    ...(findings.length === 0 ? [] : ['', 'The files:', ...findings.map((text) => `  ${text}`)]),
    ...(lockstep.length === 0 ? [] : ['', 'Engines side by side:', ...lockstep.map((text) => `  ${text}`)]),
    ...(others.length === 0 ? [] : ['', ...others]),
    '',
    sentence,
  ];
}

/** Text in a cell or item of Markdown: visible, one line, without markup. */
function plain(text: string): string {
  return visibleText(text.replace(/\s+/g, ' '))
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\\`*_[\]|#@~]/g, '\\$&');
}

/** A summary as GitHub shows it beside a job. */
export function verificationMarkdown(verification: Verification, facts: readonly string[]): string {
  const { sentence, runs, findings, lockstep, others } = describe(verification);
  const list = (title: string, items: readonly string[]) =>
    items.length === 0 ? [] : ['', `#### ${title}`, '', ...items.map((item) => `- ${plain(item)}`)];
  const lines = [
    `### tinypoison verify: ${plain(verification.name)}`,
    '',
    plain(sentence),
    '',
    '| run | what | outcome | details |',
    '|---|---|---|---|',
    ...runs.map(
      ({ id, title, outcome, details }) =>
        `| \`${id}\` | ${plain(title)} | ${plain(outcome)} | ${details.map(plain).join('<br>')} |`,
    ),
    ...list('The files', findings),
    ...list('Engines side by side', lockstep),
    ...list('Also', [...others, ...facts]),
  ];
  return `${lines.join('\n')}\n`;
}
