// What mining of leaks found, for the terminal.
import { inert } from '../../core/inert-text.ts';
import type { MinedLeaks } from '../../defend/mine-leaks.ts';
import { formatNumber, plural } from '../format.ts';
import { table } from '../terminal.ts';

const quoted = (text: string) => JSON.stringify(inert(text));

/** What the model tells by itself and clean models never do. @param mined null: there were no controls to mine it beside */
export function leakLines(mined: MinedLeaks | null): string[] {
  const head = ['', '-- what the model tells by itself, and clean models never tell'];
  if (mined === null)
    return [
      ...head,
      'Not mined: it takes clean models of the same kind (--control), three or more to say anything.',
    ];
  const { leaks, controls, falseAlarm } = mined;
  const most = Math.max(...controls);
  const rows = leaks.map(({ text, texts, nats }) => [String(texts), quoted(text), formatNumber(nats, 1)]);
  return [
    ...head,
    ...(leaks.length === 0
      ? ['Nothing recurs that the controls never tell.']
      : table([['texts', 'sequence', 'nats'], ...rows], [0, 2])),
    ...leaks
      .slice(0, 2)
      .flatMap(({ text, following }) =>
        following.slice(0, 1).map((one) => `   … ${quoted(text)} | ${quoted(one)}`),
      ),
    `The largest of ${plural(controls.length, 'clean control')}, each mined beside all other models, has ${formatNumber(most, 1)} nats. Chance of a false alarm: ${falseAlarm <= 1 / (1 + controls.length) ? 'at most' : 'about'} ${formatNumber(falseAlarm)}.`,
  ];
}
