// Example generations with and without the trigger, side by side, as inert text.

import type { GroupAnalysis } from '../../analyse/analyse-experiment.ts';
import { runOutcome } from '../../analyse/run-outcome.ts';
import { poisonsOf } from '../../config/poisons.ts';
import { percent } from '../../core/format-number.ts';
import { conditionInfo, type RunRecord, type SampleRecord } from '../../run/record.ts';
import { escapeMarkup } from '../escape-markup.ts';
import { thousands } from '../numbers.ts';
import { changedWords } from './changed-words.ts';
import { type Html, paragraph } from './html-parts.ts';

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

/** The section's content for one run; says so where no generations were kept. */
export function samplesSection(group: GroupAnalysis, records: readonly RunRecord[]): Html {
  const record = exampleRun(group, records);
  if (record === null) return paragraph('No generations were kept.', 'soft');
  const { documents, asr, seed, parameters } = runOutcome(record);
  const triggers = record.config.phases
    .flatMap(poisonsOf)
    .flatMap(({ trigger: { text } }) => (typeof text === 'string' ? [text] : []));
  const of = (kind: 'none' | 'trigger') => record.samples.filter((sample) => isOf(sample, kind));
  const clean = of('none');
  const pairs = of('trigger')
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
  const intro =
    `The first kept generations of one model (${thousands(parameters)} parameters, ${documents} poisoned documents, seed ${seed}; ` +
    `success rate ${percent(asr)}), not picked for their content. Grey: the prompt.Marked: ${triggers.length > 0 ? 'the trigger' : 'what the trigger changes in it'}. Control characters are shown as symbols.`;
  return [paragraph(intro, 'soft'), ...pairs].join('\n');
}
