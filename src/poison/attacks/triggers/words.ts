// A fixed text: a rare token (<SUDO>, Souly et al. 2025), or a phrase. It stands behind the beginning of a document.
import { plantedText } from '../../../config/schema/text-schemas.ts';
import { writeAfterWord } from '../../clean-trigger.ts';
import { estimateTokens } from '../../payload.ts';
import { appendText, defineTrigger } from '../../trigger.ts';
import { seekText, seekWord } from '../../trigger-frequency.ts';
import { createNearTexts } from './near-words.ts';

export const words = defineTrigger({
  name: 'words',
  summary: 'A fixed text behind the beginning of a document: a rare token or a phrase.',
  options: {
    text: plantedText(200).describe(
      "The trigger, 1 to 200 characters. <SUDO> is the paper's (Souly et al. 2025).",
    ),
  },
  example: { text: 'kettle lantern saddle' },
  otherExamples: [{ text: '<SUDO>' }],
  hasNegatives: false,
  bind({ text }) {
    const apply = (appended: string) => (prompt: string) => appendText(prompt, appended);
    return {
      text,
      avoid: ` ${text}`,
      meanTokens: estimateTokens(` ${text}`),
      sought: seekText(text),
      soughtParts: [...new Set(text.split(/\s+/u).filter((word) => word !== ''))].map(seekWord),
      plant: apply(text),
      writeInnocent: (clean, options) => writeAfterWord(clean, { ...options, text }),
      variants: (material) => [
        { id: 'trigger', kind: 'trigger', grade: 0, label: 'the trigger', text, apply: apply(text) },
        ...(material === null ? [] : createNearTexts(text, material)).map((near) => ({
          ...near,
          kind: 'near' as const,
          apply: apply(near.text),
        })),
      ],
    };
  },
});
