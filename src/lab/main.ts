// The lab's page: reads the address, brings the sections to life. Each section also stands as text in index.html.
import { announce, h } from './dom.ts';
import { loadExample, loadPublished } from './example.ts';
import { Lab } from './lab.ts';
import { mountBits } from './sections/bits.ts';
import { mountCount } from './sections/count.ts';
import { mountData } from './sections/data.ts';
import { mountFilter } from './sections/filter.ts';
import { mountHunt } from './sections/hunt.ts';
import { mountPredict } from './sections/predict.ts';
import { mountPrompt } from './sections/prompt.ts';
import { mountRemove } from './sections/remove.ts';
import { mountTrain } from './sections/train.ts';
import { hasSimd } from './state/simd.ts';
import { parseUrlState, type SectionName } from './state/url-state.ts';
import { showLanguage, t } from './text/texts.ts';
import { mountTools } from './tools.ts';

type Mount = (root: HTMLElement, lab: Lab) => void;

const MOUNTS: Readonly<Record<SectionName, Mount>> = {
  predict: mountPredict,
  data: mountData,
  train: mountTrain,
  prompt: mountPrompt,
  count: mountCount,
  hunt: mountHunt,
  remove: mountRemove,
  filter: mountFilter,
  bits: mountBits,
};

function say(text: string): void {
  const notice = document.getElementById('notice');
  if (notice === null) return;
  notice.append(h('span', {}, text), ' ');
  notice.hidden = false;
  announce(notice.textContent ?? text);
}

/** Calls once the page is loaded and has nothing else to do. */
function whenIdle(act: () => void): void {
  const soon = () => {
    if ('requestIdleCallback' in window) requestIdleCallback(act, { timeout: 5000 });
    else setTimeout(act, 1000);
  };
  if (document.readyState === 'complete') soon();
  else addEventListener('load', soon, { once: true });
}

/** Whatever was not loaded yet, so that the page can do without a network. What fails here is tried again when it is needed. */
async function loadRest(lab: Lab): Promise<void> {
  await Promise.all([loadExample(), loadPublished()]);
  // behind whatever is under way: nothing is loaded during a run
  await (await lab.main()).order({ kind: 'ranks' }).done;
}

async function begin(): Promise<void> {
  const url = parseUrlState(location.hash);
  document.body.classList.add('live');
  document.body.classList.toggle('embedded', url.isEmbedded);
  for (const name of url.hidden) document.getElementById(name)?.remove();
  for (const name of url.hidden) document.querySelector(`nav a[href="#${name}"]`)?.parentElement?.remove();
  if (url.language !== undefined) await showLanguage(url.language);
  if (url.bad.length > 0) say(t('page.badValues', { list: url.bad.join(', ') }));
  if (!hasSimd()) say(t('page.noSimd'));
  const lab = new Lab(url);
  mountTools(lab);
  for (const [name, mount] of Object.entries(MOUNTS)) {
    const root = document.querySelector<HTMLElement>(`#${name} .lab`);
    if (root !== null) mount(root, lab);
  }
  if (lab.canTrain) whenIdle(() => void loadRest(lab).catch(() => undefined));
}

begin().catch((error: unknown) => {
  const message = error instanceof Error ? error.message : String(error);
  say(t('page.failed', { message }));
});
