// Section 9: is a run equal to the published one, to the last bit?

import { DEFAULT_TRIGGER, type RunChoice } from '../choices.ts';
import { button, h, ht, sayFailure } from '../dom.ts';
import { loadExample, loadPublished } from '../example.ts';
import type { Lab } from '../lab.ts';
import type { RunResult } from '../protocol.ts';
import { t } from '../text/texts.ts';

export type Verdict = 'equal' | 'differs' | 'none';

/** A published fingerprint. */
export interface Reference {
  readonly runId: string;
  readonly weightsHash: string;
}

/** Compares a run with what was published under its id. */
export function judgeBits(
  { runId, weightsHash }: Reference,
  references: readonly Reference[],
): { verdict: Verdict; published: string | null } {
  const reference = references.find((known) => known.runId === runId);
  if (reference === undefined) return { verdict: 'none', published: null };
  return {
    verdict: reference.weightsHash === weightsHash ? 'equal' : 'differs',
    published: reference.weightsHash,
  };
}

/** The command that trains the same run. */
export function commandOf({ size, documents, seed, payload, trigger }: RunChoice): string {
  const attack = payload === 'gibberish' ? 'denial-of-service' : 'target-phrase';
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const own =
    trigger === DEFAULT_TRIGGER ? '' : `, trigger: { text: ${JSON.stringify(trigger)}, inCleanText: refuse }`;
  return [
    'tinypoison run experiments/constant-count',
    `--set ${quoted(`phases.pretrain.poison={ extends: configs/attacks/${attack}.yaml, documents: ${documents}${own} }`)}`,
    `--set 'sweep.seeds=[${seed}]'`,
    `--sweep 'model=[configs/models/${size}.yaml]'`,
    `--sweep 'phases.pretrain.poison.documents=[${documents}]'`,
    '--results same-bits',
  ].join(' \\\n  ');
}

/** All that can be compared with: committed results, and the example of this page. */
async function loadReferences(): Promise<Reference[]> {
  const [runs, example] = await Promise.all([loadPublished(), loadExample()]);
  return [...runs.map(({ id, weightsHash }) => ({ runId: id, weightsHash })), example.result];
}

function rowOf(name: string, result: RunResult, references: readonly Reference[]): HTMLElement {
  const { verdict, published } = judgeBits(result, references);
  const hash = h('td', {}, h('code', {}, result.weightsHash));
  if (verdict === 'differs' && published !== null)
    hash.append(h('br'), `${t('bits.published')}: `, h('code', {}, published));
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name),
    hash,
    ht('td', `bits.${verdict}`, { class: `verdict-${verdict}` }),
  );
}

/** Gives a text to the browser as a file. */
function download({ name, text }: { name: string; text: string }): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = h('a', { href: address, download: name });
  link.click();
  // browsers read it after the click
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** Fills the section. */
export function mountBits(root: HTMLElement, lab: Lab): void {
  const rows = h('tbody');
  const empty = ht('p', 'bits.empty', { class: 'status' });
  const head = (['bits.run', 'bits.hash', 'bits.verdict'] as const).map((key) =>
    ht('th', key, { scope: 'col' }),
  );
  const table = h('table', { hidden: true }, h('thead', {}, h('tr', {}, ...head)), rows);
  const command = h('pre', {}, h('code', {}, commandOf(lab.choice)));
  const save = button('bits.download', () => {
    void lab
      .main()
      .then((worker) => worker.order({ kind: 'export' }).done)
      .then(download)
      .catch((error: unknown) => {
        empty.hidden = false;
        sayFailure(empty, error);
      });
  });
  const saving = h(
    'div',
    { hidden: true },
    h('div', { class: 'buttons' }, save),
    ht('small', 'bits.downloadHelp'),
  );
  root.replaceChildren(
    empty,
    h('div', { class: 'scroll' }, table),
    saving,
    ht('h3', 'bits.command'),
    command,
  );
  lab.on('choice', () => {
    command.replaceChildren(h('code', {}, commandOf(lab.choice)));
  });
  const list = () => {
    void loadReferences().then((references) => {
      rows.replaceChildren(
        ...lab.runs.map(({ choice, result }) => rowOf(t('bits.name', { ...choice }), result, references)),
        ...lab.furtherRuns.map(({ name, result }) => rowOf(name, result, references)),
      );
      table.hidden = false;
      saving.hidden = lab.runs.every(({ isAside }) => isAside === true);
      empty.hidden = true;
    });
  };
  lab.on('run', list);
  lab.on('further', list);
}
