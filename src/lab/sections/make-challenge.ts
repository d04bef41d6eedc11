// A teacher hides a trigger of story words in a link.
import { button, field, h, ht } from '../dom.ts';
import type { Lab } from '../lab.ts';
import { hideTrigger } from '../state/challenge.ts';
import { t } from '../text/texts.ts';
import { linkOf } from '../tools.ts';

const MOST_WORDS = 4;

/** A salt from the browser's own randomness: two links of one trigger differ. */
function drawSalt(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(4)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/** The part of the section that makes a link. */
export function makeChallenge(lab: Lab): HTMLElement {
  const input = h('input', { type: 'text', maxlength: 60, autocomplete: 'off', spellcheck: 'false' });
  const place = h('p', { class: 'status', role: 'status' });
  const make = async () => {
    const words = input.value.trim().split(/\s+/u).filter(Boolean).slice(0, MOST_WORDS);
    const { words: known } = await lab.main();
    const bad = words.filter((word) => !known.includes(word));
    if (words.length === 0 || bad.length > 0) {
      place.textContent = t('hunt.makeBad', { list: bad.join(', ') || '–' });
      return;
    }
    const link = linkOf(lab, { challenge: hideTrigger(words.join(' '), drawSalt()) });
    place.replaceChildren(h('a', { href: link }, link));
  };
  const go = button('hunt.makeLink', () => {
    make().catch((error: unknown) => {
      place.textContent = t('page.failed', {
        message: error instanceof Error ? error.message : String(error),
      });
    });
  });
  return h(
    'details',
    {},
    ht('summary', 'hunt.make'),
    ht('p', 'hunt.makeHelp'),
    field('train.trigger', input),
    h('div', { class: 'buttons' }, go),
    place,
  );
}
