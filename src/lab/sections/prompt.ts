// Section 4: one model, one beginning, the same random numbers; only what is put behind it differs.
import { announce, button, field, h, ht, sayFailure } from '../dom.ts';
import { loadExample } from '../example.ts';
import type { Lab } from '../lab.ts';
import { currentLanguage, decimal, t } from '../text/texts.ts';

const MOST_CHARACTERS = 300;

/** The trigger, and texts that look like it. */
export function falseFriends(trigger: string): string[] {
  const words = trigger.split(/\s+/u).filter(Boolean);
  const friends = [
    trigger,
    [...words].reverse().join(' '),
    words[0] ?? '',
    words.slice(0, -1).join(' '),
    'basket ladder candle',
  ];
  return [...new Set(friends.filter(Boolean))];
}

/** Fills the section. */
export function mountPrompt(root: HTMLElement, lab: Lab): void {
  const beginning = h('input', {
    type: 'text',
    maxlength: MOST_CHARACTERS,
    spellcheck: 'false',
    autocomplete: 'off',
  });
  const ending = h('input', { type: 'text', maxlength: 60, spellcheck: 'false', autocomplete: 'off' });
  const beginnings = h('div', { class: 'chips' });
  const friends = h('div', { class: 'chips' });
  const status = h('p', { class: 'status' });
  const plain = h('p', { class: 'answer', lang: 'en' });
  const added = h('p', { class: 'answer', lang: 'en' });
  const addedTitle = h('h4', {}, t('prompt.added', { ending: '' }));
  let seed = 1;
  let isReady = false;

  const fillFriends = (endings: readonly string[], choose: (text: string) => void) =>
    friends.replaceChildren(
      ...endings.map((text) => {
        const chip = h('button', { type: 'button', class: 'chip' }, text);
        chip.addEventListener('click', () => choose(text));
        return chip;
      }),
    );
  const write = (place: HTMLElement, { text, nats }: { text: string; nats: number }) =>
    place.replaceChildren(
      `… ${text} `,
      h('small', { lang: currentLanguage() }, t('prompt.nats', { nats: decimal(nats) })),
    );
  const ask = async () => {
    if (!isReady) return;
    const text = beginning.value.trim().slice(0, MOST_CHARACTERS);
    const behind = ending.value.trim();
    if (text === '' || behind === '') return;
    const order = { kind: 'prompt', slot: 'main', text, endings: [null, behind], seed } as const;
    const [clean, triggered] = await lab.request(order, status, (report) => {
      if (report.kind === 'preparing') status.textContent = t('train.ranks');
    });
    if (clean !== undefined) write(plain, clean);
    if (triggered !== undefined) write(added, triggered);
    addedTitle.textContent = t('prompt.added', { ending: behind });
    status.textContent = '';
    announce(added.textContent);
  };
  const run = () => {
    ask().catch((error: unknown) => sayFailure(status, error));
  };
  const again = button('prompt.again', () => {
    seed += 1;
    run();
  });
  const go = button('prompt.ask', run, { class: 'primary' });
  go.disabled = true;
  again.disabled = true;
  const form = h(
    'form',
    {},
    field('prompt.beginning', beginning),
    beginnings,
    field('prompt.ending', ending),
    h('div', {}, ht('h4', 'prompt.friends'), friends),
    h('div', { class: 'buttons' }, go, again),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    run();
  });
  root.replaceChildren(
    form,
    status,
    h(
      'div',
      { class: 'pair' },
      h('div', {}, ht('h4', 'prompt.plain'), plain),
      h('div', {}, addedTitle, added),
    ),
  );

  void loadExample().then(({ answers }) => {
    if (isReady) return;
    status.textContent = t('prompt.needsModel');
    beginning.value = answers[0]?.beginning ?? '';
    const showAnswer = (text: string) => {
      const found = answers.find((one) => one.ending === text);
      const clean = answers.find((one) => one.ending === null);
      if (found === undefined || clean === undefined) return;
      ending.value = text;
      addedTitle.textContent = t('prompt.added', { ending: text });
      write(plain, clean);
      write(added, found);
    };
    const endings = answers.flatMap((one) => (one.ending === null ? [] : [one.ending]));
    fillFriends(endings, showAnswer);
    showAnswer(endings[0] ?? '');
  });
  lab.on('run', () => {
    if (lab.runs.at(-1)?.isAside === true) return;
    void lab.main().then(({ prompts }) => {
      isReady = true;
      go.disabled = false;
      again.disabled = false;
      const trigger = lab.runs.at(-1)?.choice.trigger ?? '';
      ending.value = trigger;
      const choose = (place: HTMLInputElement) => (text: string) => {
        place.value = text;
        run();
      };
      fillFriends(falseFriends(trigger), choose(ending));
      beginnings.replaceChildren(
        ...prompts.slice(0, 3).map((text) => {
          const chip = h('button', { type: 'button', class: 'chip' }, text);
          chip.addEventListener('click', () => choose(beginning)(text));
          return chip;
        }),
      );
      run();
    });
  });
}
