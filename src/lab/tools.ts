// What stands above the sections: language, print, and the link that holds the settings.
import { button, h } from './dom.ts';
import type { Lab } from './lab.ts';
import { printUrlState } from './state/url-state.ts';
import { currentLanguage, LANGUAGES, t } from './text/texts.ts';

const NAMES = { en: 'English', de: 'Deutsch' } as const;

/** The address of the page with the settings of now. */
export function linkOf(lab: Lab, changes: Partial<Lab['url']> = {}): string {
  const state = { ...lab.url, choice: lab.choice, language: currentLanguage(), ...changes };
  return `${location.href.replace(/#.*/, '')}#${printUrlState(state)}`;
}

/** Another language: the page is loaded again with it, so that every word is the language's. */
function languageLinks(lab: Lab): HTMLElement {
  const list = h('ul', { class: 'languages' });
  for (const language of LANGUAGES) {
    const isShown = language === currentLanguage();
    const link = h(
      'a',
      { href: linkOf(lab, { language }), lang: language, 'aria-current': isShown ? 'true' : undefined },
      NAMES[language],
    );
    link.addEventListener('click', (event) => {
      event.preventDefault();
      location.assign(linkOf(lab, { language }));
      location.reload();
    });
    list.append(h('li', {}, link));
  }
  return list;
}

/**
 * Links within the page scroll without changing the address, which holds the settings; an address that was pasted over
 * this one, such as a challenge, is opened.
 */
function keepAddress(): void {
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
    const place = link && document.getElementById((link.getAttribute('href') ?? '').slice(1));
    if (!place) return;
    event.preventDefault();
    place.tabIndex = -1;
    place.focus({ preventScroll: true });
    place.scrollIntoView();
  });
  addEventListener('hashchange', () => {
    if (document.getElementById(location.hash.slice(1)) === null) location.reload();
  });
}

export function mountTools(lab: Lab): void {
  keepAddress();
  document.getElementById('tools')?.replaceChildren(
    languageLinks(lab),
    button('page.print', () => window.print()),
  );
  const link = h('a', { href: linkOf(lab) }, t('teach.link'));
  const update = () => {
    link.setAttribute('href', linkOf(lab));
    history.replaceState(null, '', linkOf(lab));
  };
  lab.on('choice', update);
  document.getElementById('teach')?.replaceChildren(link);
}
