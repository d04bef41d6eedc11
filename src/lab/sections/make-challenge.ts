// A teacher hides a trigger of story words in a link.
import { MOST_DOCUMENTS } from '../choices.ts';
import { announce, field, h, ht, sayFailure } from '../dom.ts';
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
  const place = h('p', { class: 'status' });
  const say = (text: string) => {
    place.textContent = text;
    announce(text);
  };
  const make = async () => {
    const words = input.value.trim().split(/\s+/u).filter(Boolean);
    const worker = await lab.main();
    const { words: known } = worker;
    const bad = words.filter((word) => !known.includes(word));
    if (words.length === 0 || bad.length > 0) {
      say(t('hunt.makeBad', { list: bad.join(', ') || '–' }));
      return;
    }
    if (words.length > MOST_WORDS) {
      say(t('hunt.makeMany', { most: MOST_WORDS }));
      return;
    }
    const trigger = words.join(' ');
    // words that stand together in a story are no trigger: the recipe refuses them, here and not before the class
    say(t('train.preparing'));
    const choice = { ...lab.choice, documents: MOST_DOCUMENTS, payload: 'gibberish', trigger } as const;
    await worker.order({ kind: 'documents', choice, first: 0, count: 0 }).done;
    const link = linkOf(lab, { challenge: hideTrigger(trigger, drawSalt()) });
    say(t('hunt.made'));
    place.append(' ', h('a', { href: link }, link));
  };
  const form = h(
    'form',
    {},
    field('train.trigger', input),
    h('div', { class: 'buttons' }, ht('button', 'hunt.makeLink', { type: 'submit' })),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    make().catch((error: unknown) => sayFailure(place, error));
  });
  return h('details', {}, ht('summary', 'hunt.make'), ht('p', 'hunt.makeHelp'), form, place);
}
