// Example generations with and without the trigger, side by side, as inert text.

import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { runOutcome } from '../../analyse/run-outcome.ts';
import { describeTrigger } from '../../config/describe-trigger.ts';
import { measuredPoisons } from '../../config/measured-poisons.ts';
import { poisonsOf } from '../../config/poisons.ts';
import type { TriggerSettings } from '../../config/schema/schema.ts';
import { percent } from '../../core/format-number.ts';
import { conditionInfo, type RunRecord, type SampleRecord } from '../../run/record.ts';
import { escapeMarkup } from '../escape-markup.ts';
import { thousands } from '../numbers.ts';
import { changedWords } from './changed-words.ts';
import { type Html, heading, paragraph } from './html-parts.ts';

/** At most this many pairs. */
const MOST_PAIRS = 4;

/** Whether a generation is one of the first poison's without its trigger, or with it. */
function isOf(sample: SampleRecord, kind: 'none' | 'trigger'): boolean {
  return sample.poison === undefined && conditionInfo(sample).kind === kind;
}

/** The run that is shown: most poisoned documents, then largest model, then lowest seed; by plan, not by outcome. */
export function exampleRun(group: GroupAnalysis, records: readonly RunRecord[]): RunRecord | null {
  const candidates = records.filter(
    (record) => group.runIds.includes(record.id) && record.samples.some((sample) => isOf(sample, 'trigger')),
  );
  const best = candidates
    .map(runOutcome)
    .sort((a, b) => b.documents - a.documents || b.parameters - a.parameters || a.seed - b.seed)[0];
  return best?.record ?? null;
}

/** Escaped text with every occurrence of the trigger marked. */
function withMarkedTrigger(text: string, triggers: readonly string[]): Html {
  const trigger = triggers.find((item) => item !== '' && text.includes(item));
  if (trigger === undefined) return escapeMarkup(text);
  return text
    .split(trigger)
    .map((part) => escapeMarkup(part))
    .join(`<mark>${escapeMarkup(trigger)}</mark>`);
}

/** Escaped text with the words marked that a clean text lacks. */
function withMarkedChanges(text: string, clean: string): Html {
  return changedWords(text, clean)
    .map((piece) => (piece.isChanged ? `<mark>${escapeMarkup(piece.text)}</mark>` : escapeMarkup(piece.text)))
    .join('');
}

function sampleCard(sample: SampleRecord, mark: (prompt: string) => Html): Html {
  const from = `${isOf(sample, 'trigger') ? 'With trigger' : 'Without trigger'}: the attack ${sample.success ? 'succeeds' : 'does not succeed'}`;
  return (
    `<div class="sample"><span class="from">${from}</span>` +
    `<span class="prompt">${mark(sample.prompt)}</span>${escapeMarkup(sample.continuation)}</div>`
  );
}

/** Pairs of one poison: prompts without its trigger beside the same with it. */
function pairsOf(
  samples: readonly SampleRecord[],
  { name, triggers }: { name: string | undefined; triggers: readonly string[] },
): Html[] {
  const of = (kind: 'none' | 'trigger', poison: string | undefined) =>
    samples.filter((sample) => sample.poison === poison && conditionInfo(sample).kind === kind);
  const own = of('none', name);
  // Where nothing is put into its prompts, a poison has the clean prompts of the first.
  const clean = own.length > 0 ? own : of('none', undefined);
  return of('trigger', name)
    .slice(0, MOST_PAIRS)
    .map((sample, i) => {
      const plain = clean[i];
      const markTrigger = (prompt: string): Html =>
        triggers.length > 0 || plain === undefined
          ? withMarkedTrigger(prompt, triggers)
          : withMarkedChanges(prompt, plain.prompt);
      const left = plain === undefined ? '<div></div>' : sampleCard(plain, markTrigger);
      return `<div class="pair">${left}${sampleCard(sample, markTrigger)}</div>`;
    });
}

const textsOf = (triggers: readonly TriggerSettings[]) =>
  triggers.flatMap(({ text }) => (typeof text === 'string' ? [text] : []));

/** The generations of one run; says so where none were kept. @param level of the headings of further poisons */
export function samplesSection(
  group: GroupAnalysis,
  records: readonly RunRecord[],
  level: 3 | 4 | 5 = 3,
): Html {
  const record = exampleRun(group, records);
  if (record === null) return paragraph('No generations were kept.', 'soft');
  const { documents, asr, seed, parameters } = runOutcome(record);
  const triggers = textsOf(record.config.phases.flatMap(poisonsOf).map(({ trigger }) => trigger));
  const intro =
    `The first kept generations of one model (${thousands(parameters)} parameters, ${documents} poisoned documents, seed ${seed}; ` +
    `success rate ${percent(asr)}), not picked for their content. Grey: the prompt. Marked: ${triggers.length > 0 ? 'the trigger' : 'what the trigger changes in it'}. Control characters are shown as symbols.`;
  const others = measuredPoisons(record.config.phases)
    .slice(1)
    .flatMap(({ name, poison: { attack, trigger } }) => [
      heading(level, `Poison ${name}: ${attack}, trigger ${describeTrigger(trigger)}`),
      ...pairsOf(record.samples, { name, triggers: textsOf([trigger]) }),
    ]);
  return [
    paragraph(intro, 'soft'),
    ...pairsOf(record.samples, { name: undefined, triggers }),
    ...others,
  ].join('\n');
}
