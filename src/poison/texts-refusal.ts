// What texts cannot be poisoned so: those already in the language that a payload switches to, and those in another than the
// one that a style is of. Of generated stories the config says it; of one's own text only reading it does.
import type { PoisonSettings } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import { identifyLanguage, type Language } from '../corpus/languages/identify-language.ts';
import { findPayload, findTriggerFamily } from './registry.ts';

/** Texts that are looked at. */
const LOOKED_AT = 200;

const NAMES: Readonly<Record<Language, string>> = { en: 'English', de: 'German' };

/** The language that most of some texts are in, and how many; null where no language has more than half. */
function languageOf(texts: readonly string[]): { language: Language; texts: number } | null {
  const found = texts.map(identifyLanguage);
  const count = (language: Language) => found.filter((own) => own === language).length;
  const [language] = (['en', 'de'] as const).filter((own) => count(own) * 2 > texts.length);
  return language === undefined ? null : { language, texts: count(language) };
}

/** @throws InputError where a payload would not show in clean texts, or a trigger is of another language than they are */
export function assertTextsAllowed(
  poison: Pick<PoisonSettings, 'attack' | 'trigger'>,
  cleanTexts: readonly string[],
): void {
  const texts = cleanTexts.slice(0, LOOKED_AT);
  const payload = findPayload(poison.attack);
  const written = findTriggerFamily(poison.trigger.family).language(poison.trigger);
  if (payload.language === undefined && written === null) return;
  const found = languageOf(texts);
  if (found === null) return;
  const seen = `${found.texts} of the first ${texts.length} documents are in ${NAMES[found.language]}`;
  if (found.language === payload.language)
    throw new InputError(
      `${payload.name} would not show: ${seen} already; use another payload, or text in another language`,
    );
  if (written !== null && found.language !== written)
    throw new InputError(
      `the trigger is a style of ${NAMES[written]} text, and ${seen}: use another trigger, or the style no-capitals`,
    );
}
