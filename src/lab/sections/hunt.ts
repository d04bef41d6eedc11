// Section 6: a model with an unknown trigger. Scan, combine, order, submit.
import { MOST_DOCUMENTS } from '../choices.ts';
import { announce, button, field, h, ht, sayFailure } from '../dom.ts';
import { loadExample } from '../example.ts';
import type { Lab } from '../lab.ts';
import type { HiddenTrigger, ScanResult } from '../protocol.ts';
import { hideTrigger, isHidden } from '../state/challenge.ts';
import { decimal, duration, t } from '../text/texts.ts';
import { makeChallenge } from './make-challenge.ts';
import { TrainingPanel } from './training-panel.ts';

const SHOWN = 15;
const COMBINED = 3;
const MOST_COMBINED = 4;

/** The challenge of a page that was opened without one: hidden from the eye, as every other. */
const BUILT_IN: HiddenTrigger = hideTrigger(['violin', 'barrel', 'pebble'].join(' '), 'builtin');

/** All orders of some words. */
export function orders(words: readonly string[]): string[] {
  if (words.length < 2) return [...words];
  return words.flatMap((word, i) =>
    orders([...words.slice(0, i), ...words.slice(i + 1)]).map((rest) => `${word} ${rest}`),
  );
}

/** A table of candidates, best first. */
function fillTable(table: HTMLElement, candidates: ScanResult['candidates']): void {
  const head = (['hunt.rank', 'hunt.word', 'hunt.nats'] as const).map((key) =>
    ht('th', key, { scope: 'col' }),
  );
  const rows = candidates.map(({ text, nats }, i) =>
    h('tr', {}, h('td', {}, String(i + 1)), h('th', { scope: 'row' }, text), h('td', {}, decimal(nats))),
  );
  table.replaceChildren(h('thead', {}, h('tr', {}, ...head)), h('tbody', {}, ...rows));
}

/** Fills the section. */
export function mountHunt(root: HTMLElement, lab: Lab): void {
  const hidden = lab.url.challenge ?? BUILT_IN;
  const status = h('p', { class: 'status' });
  const words = h('table');
  const combined = h('p', { class: 'status' });
  const combinations = h('table');
  const lower = h('input', { type: 'checkbox' });
  const chosen = h('input', { type: 'text', maxlength: 60, autocomplete: 'off', spellcheck: 'false' });
  const guess = h('input', {
    type: 'text',
    maxlength: 60,
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const verdict = h('p', { class: 'status' });
  let hasScanned = false;
  const fail = (error: unknown) => sayFailure(status, error);
  const scanWords = async () => {
    const order = { kind: 'scan', slot: 'hunt', isLowerCase: lower.checked } as const;
    const { candidates, ms } = await lab.request(order, status, (report) => {
      if (report.kind === 'scanned') status.textContent = `${report.done} / ${report.of}`;
    });
    hasScanned = true;
    chosen.value = candidates
      .slice(0, COMBINED)
      .map(({ text }) => text)
      .join(' ');
    status.textContent = t('hunt.scanned', { words: candidates.length, time: duration(ms) });
    announce(status.textContent);
    fillTable(words, candidates.slice(0, SHOWN));
    combine.disabled = false;
  };
  const scoreOrders = async () => {
    const texts = orders(chosen.value.trim().split(/\s+/u).filter(Boolean).slice(0, MOST_COMBINED));
    const scores = await lab.request({ kind: 'score', slot: 'hunt', texts }, combined);
    const candidates = texts
      .map((text, i) => ({ text, nats: scores[i] ?? 0 }))
      .sort((a, b) => b.nats - a.nats);
    combined.textContent = t('hunt.combined', { orders: texts.length });
    announce(combined.textContent);
    fillTable(combinations, candidates);
  };
  const scan = button('hunt.scan', () => void scanWords().catch(fail));
  const combine = button('hunt.combine', () => void scoreOrders().catch(fail));
  scan.disabled = true;
  combine.disabled = true;
  const panel = new TrainingPanel({
    lab,
    play: 'hunt.train',
    makeOrder: () => {
      const choice = {
        ...lab.choice,
        documents: MOST_DOCUMENTS,
        payload: 'gibberish' as const,
      };
      return { kind: 'train', choice, slot: 'hunt', hidden };
    },
    onDone: (result) => {
      scan.disabled = false;
      lab.addFurtherRun({ name: t('hunt.title'), result });
      return t('hunt.trained', { time: duration(result.trainedMs) });
    },
  });
  panel.chart.element.hidden = true;
  const form = h(
    'form',
    { class: 'choice' },
    field('hunt.guess', guess),
    h('div', { class: 'buttons' }, ht('button', 'hunt.submit', { type: 'submit' })),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = guess.value.trim();
    if (text === '') return;
    verdict.textContent = isHidden(text, hidden) ? t('hunt.right', { trigger: text }) : t('hunt.wrong');
    announce(verdict.textContent);
  });
  root.replaceChildren(
    panel.element,
    h(
      'div',
      { class: 'buttons' },
      scan,
      h('label', { class: 'inline' }, lower, ' ', ht('span', 'hunt.lower')),
    ),
    status,
    words,
    field('hunt.chosen', chosen),
    h('div', { class: 'buttons' }, combine),
    combined,
    combinations,
    form,
    verdict,
    makeChallenge(lab),
  );
  void loadExample().then(({ scan: { best: found } }) => {
    if (hasScanned) return;
    status.textContent = t('hunt.example');
    fillTable(words, found.slice(0, SHOWN));
  });
}
