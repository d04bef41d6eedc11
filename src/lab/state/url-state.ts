// The state of the page in its address: what a teacher sends. Bounded; what is not understood is named, never obeyed.
import {
  asPayload,
  asSize,
  asWhole,
  DEFAULT_CHOICE,
  MOST_DOCUMENTS,
  MOST_SEED,
  type RunChoice,
} from '../choices.ts';
import type { HiddenTrigger } from '../protocol.ts';
import { LANGUAGES, type Language } from '../text/texts.ts';
import { parseChallenge, printChallenge } from './challenge.ts';

export const SECTIONS = [
  'predict',
  'data',
  'train',
  'prompt',
  'count',
  'hunt',
  'remove',
  'filter',
  'bits',
] as const;
export type SectionName = (typeof SECTIONS)[number];

/** What the address says. The trigger never stands in it. */
export interface UrlState {
  readonly choice: RunChoice;
  readonly language: Language | undefined;
  readonly hidden: readonly SectionName[];
  readonly isEmbedded: boolean;
  readonly challenge: HiddenTrigger | undefined;
  /** Fields that were not understood. */
  readonly bad: readonly string[];
}

const MOST_CHARACTERS = 500;

const isSection = (name: string): name is SectionName => (SECTIONS as readonly string[]).includes(name);

/** Reads the part of an address behind #. Never throws. */
export function parseUrlState(hash: string): UrlState {
  const bad: string[] = [];
  const text = hash.replace(/^#/, '').slice(0, MOST_CHARACTERS);
  // a plain name is the link to a section
  const fields = isSection(text) ? new URLSearchParams() : new URLSearchParams(text);
  let { size, documents, seed, payload } = DEFAULT_CHOICE;
  let language: Language | undefined;
  let hidden: readonly SectionName[] = [];
  let isEmbedded = false;
  let challenge: HiddenTrigger | undefined;
  const take = <T>(value: T | undefined, name: string, set: (value: T) => void): void => {
    if (value === undefined) bad.push(name);
    else set(value);
  };
  for (const [name, value] of fields) {
    switch (name) {
      case 'size':
        take(asSize(value), name, (found) => {
          size = found;
        });
        break;
      case 'count':
        take(asWhole(value, { least: 0, most: MOST_DOCUMENTS }), name, (found) => {
          documents = found;
        });
        break;
      case 'seed':
        take(asWhole(value, { least: 1, most: MOST_SEED }), name, (found) => {
          seed = found;
        });
        break;
      case 'payload':
        take(asPayload(value), name, (found) => {
          payload = found;
        });
        break;
      case 'lang':
        take(
          LANGUAGES.find((known) => known === value),
          name,
          (found) => {
            language = found;
          },
        );
        break;
      case 'hide': {
        const names = value.split(',');
        if (!names.every(isSection)) bad.push(name);
        hidden = names.filter(isSection);
        break;
      }
      case 'embed':
        if (value === '1') isEmbedded = true;
        else if (value !== '0') bad.push(name);
        break;
      case 'challenge':
        take(parseChallenge(value), name, (found) => {
          challenge = found;
        });
        break;
      default:
        bad.push(name.slice(0, 20));
    }
  }
  const choice = { ...DEFAULT_CHOICE, size, documents, seed, payload };
  return { choice, language, hidden, isEmbedded, challenge, bad };
}

/** The address of a state: only what differs from the usual. */
export function printUrlState(state: Omit<UrlState, 'bad'>): string {
  const fields = new URLSearchParams();
  const { size, documents, seed, payload } = state.choice;
  if (size !== DEFAULT_CHOICE.size) fields.set('size', size);
  if (documents !== DEFAULT_CHOICE.documents) fields.set('count', String(documents));
  if (seed !== DEFAULT_CHOICE.seed) fields.set('seed', String(seed));
  if (payload !== DEFAULT_CHOICE.payload) fields.set('payload', payload);
  if (state.language !== undefined && state.language !== 'en') fields.set('lang', state.language);
  if (state.hidden.length > 0) fields.set('hide', state.hidden.join(','));
  if (state.isEmbedded) fields.set('embed', '1');
  if (state.challenge !== undefined) fields.set('challenge', printChallenge(state.challenge));
  return fields.toString().replaceAll('%2C', ',');
}
