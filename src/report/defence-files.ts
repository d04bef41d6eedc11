// matrix/: one JSON file for each cell of the matrix of defences.
import type { DefenceCell, DefenceMatrix } from '../analyse/defences/defence-matrix.ts';

/** Folder of these files, below that of the results. */
export const MATRIX_FOLDER = 'matrix';

/** A title as part of a file's name. */
function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 80);
}

/** A name for each cell, made longer where two would be the same. */
function namesOf(cells: readonly DefenceCell[]): string[] {
  const taken = new Set<string>();
  return cells.map(({ attack, defence, size }) => {
    const name = [attack, defence, size].map(slug).join('--');
    let unique = name;
    for (let i = 2; taken.has(unique); i++) unique = `${name}-${i}`;
    taken.add(unique);
    return `${MATRIX_FOLDER}/${unique}.json`;
  });
}

/** The files by path. @param experiment its name, so that a file says by itself what it is of */
export function defenceFiles(experiment: string, matrix: DefenceMatrix): Map<string, string> {
  const names = namesOf(matrix.cells);
  return new Map(
    matrix.cells.map((cell, i) => {
      const { settings, cleanShare } = matrix.attacks.find(({ title }) => title === cell.attack) ?? {};
      const defend = matrix.defences.find(({ title }) => title === cell.defence)?.settings;
      const content = {
        ...{ schema: 1, experiment, attack: cell.attack, attackSettings: settings, cleanShare },
        ...{ defence: cell.defence, defend, size: cell.size },
        ...{ status: cell.status, adaptive: cell.adaptive, usesTruth: cell.usesTruth },
        ...{ group: cell.group, baseline: cell.baseline },
        ...cell.measured,
      };
      return [names[i] ?? '', `${JSON.stringify(content, null, 2)}\n`];
    }),
  );
}
