// A trigger as people read it.
import type { TriggerSettings } from './schema/schema.ts';

const isCommon = (option: string) => ['family', 'inCleanText', 'cleanShare'].includes(option);

/** Longer lists are pools of like texts: one of them stands for all. */
const MOST_LISTED = 4;

function describeValue(value: unknown): string {
  if (Array.isArray(value)) {
    return value.length <= MOST_LISTED
      ? value.map(describeValue).join(' + ')
      : `${describeValue(value[0])} or ${value.length - 1} more`;
  }
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${describeValue(inner)}`)
    .join(' ');
}

/** The text of a trigger that is one; otherwise its family and options: `composite (kettle + saddle)`. */
export function describeTrigger(trigger: TriggerSettings): string {
  if (typeof trigger.text === 'string') return trigger.text;
  const { family = 'words', ...options } = trigger;
  const shown = Object.entries(options).filter(([name, value]) => !isCommon(name) && value !== undefined);
  const values = shown.map(([, value]) => describeValue(value)).join(', ');
  return values === '' ? family : `${family} (${values})`;
}
