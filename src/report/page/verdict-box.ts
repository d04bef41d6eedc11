// A verdict on the page: its status, its headline, and why.
import type { Headline } from '../../analyse/claims/headline.ts';
import { type Html, paragraph } from './html-parts.ts';

/** A verdict with its reasons, all of them or as many as given. */
export function verdictBox({ status, headline, reasons }: Headline, most = reasons.length): Html {
  return [
    `<section class="verdict"><span class="badge">${status}</span>`,
    paragraph(headline, 'headline'),
    ...reasons.slice(0, most).map((reason) => paragraph(reason)),
    '</section>',
  ].join('\n');
}
