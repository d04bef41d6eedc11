// Section 2: the training text, document by document, the poisoned ones among them.
import { escapeText } from '../charts/chart.ts';
import { DEFAULT_CHOICE, type RunChoice } from '../choices.ts';
import { button, h, ht, sayFailure } from '../dom.ts';
import { loadExample } from '../example.ts';
import type { Lab } from '../lab.ts';
import type { StreamDocument } from '../protocol.ts';
import { t } from '../text/texts.ts';

const PAGE = 5;

/** What can be paged through. */
interface Stream {
  readonly of: number;
  readonly poisoned: readonly number[];
  /** Documents from a place on. */
  read(first: number): Promise<readonly StreamDocument[]>;
}

/** Places of the poisoned documents among all. */
function drawStrip({ of, poisoned }: Stream): string {
  const title = t('data.strip', { count: poisoned.length, of });
  const marks = poisoned.map(
    (place) =>
      `<path d="M${((place / Math.max(1, of)) * 640).toFixed(1)} 0v28" stroke="#c2410c" stroke-width="1.2"/>`,
  );
  return (
    `<svg viewBox="0 0 640 28" role="img" aria-label="${escapeText(title)}">` +
    `<rect width="640" height="28" fill="#8883"/>${marks.join('')}</svg>`
  );
}

/** Fills the section. */
export function mountData(root: HTMLElement, lab: Lab): void {
  const list = h('div', { class: 'documents', lang: 'en' });
  const source = h('p', { class: 'status' });
  const status = h('p', { class: 'status' });
  const strip = h('div', { class: 'chart', hidden: true });
  const stripText = h('p', { class: 'status', hidden: true });
  const places = h('p');
  const stripNumbers = h('details', { hidden: true }, ht('summary', 'page.table'), places);
  let stream: Stream | undefined;
  let first = 0;
  let isRevealed = false;
  let drawn = 0;

  const draw = async () => {
    if (stream === undefined) return;
    drawn += 1;
    const mine = drawn;
    const documents = await stream.read(first);
    // another page was turned to in the meantime
    if (mine !== drawn) return;
    status.textContent = t('data.place', { first: first + 1, last: first + documents.length, of: stream.of });
    list.replaceChildren(
      ...documents.map(({ place, text, poisoned }) => {
        const isShown = isRevealed && poisoned;
        const sign = isShown ? `${place + 1} · ${t('data.poisoned')} ` : `${place + 1} `;
        return h('p', { class: isShown ? 'document poisoned' : 'document' }, h('b', {}, sign), text);
      }),
    );
    earlier.disabled = first === 0;
    later.disabled = first + PAGE >= stream.of;
    next.hidden = !isRevealed;
    next.disabled = nextPoisoned() === undefined;
    strip.hidden = !isRevealed;
    stripText.hidden = !isRevealed;
    stripNumbers.hidden = !isRevealed;
    if (isRevealed) {
      strip.innerHTML = drawStrip(stream);
      stripText.textContent = t('data.strip', { count: stream.poisoned.length, of: stream.of });
      places.textContent = stream.poisoned.map((place) => place + 1).join(', ');
    }
  };
  const go = (place: number) => {
    first = Math.max(0, place);
    draw().catch((error: unknown) => sayFailure(status, error));
  };
  const nextPoisoned = () => stream?.poisoned.find((place) => place >= first + PAGE);
  const earlier = button('data.earlier', () => go(first - PAGE));
  const later = button('data.later', () => go(first + PAGE));
  const next = button('data.nextPoisoned', () => {
    const place = nextPoisoned();
    if (place !== undefined) go(place - (place % PAGE));
  });
  const reveal = button('data.reveal', () => {
    isRevealed = !isRevealed;
    reveal.dataset.t = isRevealed ? 'data.hide' : 'data.reveal';
    reveal.textContent = t(isRevealed ? 'data.hide' : 'data.reveal');
    // where none of the poisoned ones is on this page, the first of them is shown
    const [found] = stream?.poisoned ?? [];
    const isHere = stream?.poisoned.some((place) => place >= first && place < first + PAGE) ?? true;
    go(isRevealed && !isHere && found !== undefined ? found - (found % PAGE) : first);
  });
  const think = root.parentElement?.querySelector<HTMLElement>('[data-t="data.think"]');
  const useStream = (used: Stream, shown: string) => {
    stream = used;
    source.textContent = shown;
    const every = Math.round(used.of / Math.max(1, used.poisoned.length));
    if (think !== null && think !== undefined && used.poisoned.length > 0)
      think.textContent = t('data.think', { every });
    go(0);
  };
  root.replaceChildren(
    h('div', { class: 'buttons' }, earlier, later, next, reveal),
    source,
    status,
    strip,
    stripText,
    stripNumbers,
    list,
  );

  const order = (choice: RunChoice, from: number) =>
    lab.request({ kind: 'documents', choice, first: from, count: PAGE }, status);
  void loadExample().then(({ documents, allDocuments, poisonedPlaces }) => {
    const read = async (from: number) => {
      if (from + PAGE <= documents.length) return documents.slice(from, from + PAGE);
      // what was not computed beforehand comes from the worker
      return (await order(DEFAULT_CHOICE, from)).documents;
    };
    useStream({ of: allDocuments, poisoned: poisonedPlaces, read }, t('train.example'));
  });
  lab.on('run', () => {
    const last = lab.runs.at(-1);
    if (last === undefined || last.isAside === true) return;
    const { choice } = last;
    const show = async () => {
      const { of, poisoned } = await order(choice, 0);
      const read = async (from: number) => (await order(choice, from)).documents;
      useStream({ of, poisoned, read }, t('page.shownRun', { ...choice }));
    };
    show().catch((error: unknown) => sayFailure(status, error));
  });
}
