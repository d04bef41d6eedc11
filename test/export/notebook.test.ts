// The notebook, executed cell by cell: its means are those of our own analysis.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyseExperiment } from '../../src/analyse/analyse-experiment.ts';
import { makeExport } from '../../src/export/make-export.ts';
import { writeExport } from '../../src/export/write-export.ts';
import { parseRecord } from '../../src/run/schemas/record-schema.ts';
import { findPython } from '../python.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

const python = findPython(['pandas', 'matplotlib']);

const EXECUTE = `
import json
scope = {}
for cell in json.load(open("analysis.ipynb"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), scope)
scope["figure"].savefig("figure.png")
scope["cells"].to_json("cells.json", orient="records")
`;

interface PythonCell {
  readonly parameters: number;
  readonly tokens: number;
  readonly poison_documents: number;
  readonly mean: number;
  readonly count: number;
}

describe.skipIf(python === null)('the notebook', () => {
  it.each([
    'constant-count',
    'target-phrase',
    'exposures',
  ])('of %s draws the main figure from the same means', async (name) => {
    const file = join('results', name, 'results.jsonl');
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const records = lines.map((line) => parseRecord(line, { file, remedy: '' }));
    const experiment = { name, configText: '', records };
    const { files } = await makeExport(experiment, { titles: false, dotsPerInch: 72, version: '1' });
    const folder = join(temporaryFolder(), 'out');
    writeExport(folder, files, 'out');
    writeFileSync(join(folder, 'execute.py'), EXECUTE);
    const environment = { ...process.env, MPLBACKEND: 'Agg', MPLCONFIGDIR: temporaryFolder() };
    execFileSync(python ?? '', ['-W', 'error::FutureWarning', 'execute.py'], {
      cwd: folder,
      env: environment,
    });
    expect(readFileSync(join(folder, 'figure.png')).length).toBeGreaterThan(5000);
    const found = JSON.parse(readFileSync(join(folder, 'cells.json'), 'utf8')) as PythonCell[];
    const { groups } = analyseExperiment(experiment, { draws: 20 });
    for (const cell of groups.flatMap(({ cells }) => cells)) {
      const same = found.filter(
        ({ parameters, tokens, poison_documents }) =>
          parameters === cell.parameters && tokens === cell.tokens && poison_documents === cell.documents,
      );
      const means = same.map(({ mean }) => Math.abs(mean - (cell.asr.mean ?? Number.NaN)));
      expect(Math.min(...means), `${cell.series}, ${cell.documents} documents`).toBeLessThan(1e-12);
    }
  });
});
