// A notebook that reads the exported table and draws the main figure: Python, pandas, matplotlib. Nothing of the
// experiment but its name stands in it, and that as escaped text: everything else is read from the files.
import type { Analysis } from '../analyse/analyse-experiment.ts';
import { mainMeasure } from '../analyse/success-measures.ts';
import { hashValue } from '../core/hash.ts';
import type { RunRecord } from '../run/record.ts';
import { escapeMarkdown } from './escape-markdown.ts';

const READ = `import matplotlib.pyplot as plt
import pandas as pd

runs = pd.read_csv("data/results.csv", low_memory=False)
dictionary = pd.read_csv("data/dictionary.csv").set_index("column")
runs.shape`;

/** The column of success; by the run where runs of one experiment differ in what it is. */
function successLine(records: readonly RunRecord[]): string {
  const sustained = records.filter((record) => mainMeasure(record) === 'sustained');
  if (sustained.length === 0) return 'final["success"] = final.success_share';
  if (sustained.length === records.length) return 'final["success"] = final.effect_above_half';
  const ids = sustained.map(({ id }) => `"${id}"`).join(', ');
  return `final["success"] = final.effect_above_half.where(final.run.isin([${ids}]), final.success_share)`;
}

const FINAL = `# The outcome of a run: its last full evaluation under the trigger.
tried = runs[(runs.status == "done") & (runs.condition == "trigger") & runs.full.astype(str).str.lower().eq("true")]
final = tried.groupby("run", sort=False).tail(1).copy()
SUCCESS

# Settings that the experiment varies beside size, count and seed: one column each, named by their path.
first = list(runs.columns).index("poison_document_share") + 1
settings = list(runs.columns)[first : list(runs.columns).index("phase")]
# A run without poison serves all settings of poison: there its cells are empty.
final[settings] = final[settings].astype(object).where(final[settings].notna(), "any")

cells = (
    final.groupby([*settings, "parameters", "tokens", "poison_documents"])
    .success.agg(["mean", "min", "max", "count"])
    .reset_index()
)
cells`;

const DRAW = `def plain(text):
    """Text for a figure, in which no dollar sign begins a formula."""
    return str(text).replace("$", r"\\$")


def describe(values):
    return ", ".join(f"{plain(name).split('.')[-1]} = {plain(value)}" for name, value in zip(settings, values))


poisoned = cells[cells.poison_documents > 0]
groups = list(poisoned.groupby(settings)) if settings else [((), poisoned)]
columns = min(4, max(1, len(groups)))
rows = -(-len(groups) // columns)
figure, panels = plt.subplots(rows, columns, figsize=(6.85 if columns > 1 else 3.35, 2.4 * rows), squeeze=False, sharey=True)
for panel in panels.flat[len(groups) :]:
    panel.remove()
for panel, (values, group) in zip(panels.flat, groups):
    for (parameters, tokens), line in group.groupby(["parameters", "tokens"]):
        spread = [line["mean"] - line["min"], line["max"] - line["mean"]]
        label = f"{parameters:,} parameters, {tokens:,} tokens"
        panel.errorbar(line.poison_documents, line["mean"], yerr=spread, marker="o", ms=3, lw=1, capsize=2, label=label)
    panel.axhline(0.5, color="0.6", lw=0.8, ls="--")
    panel.set(xscale="log", ylim=(-0.02, 1.02), xlabel="poisoned documents")
    panel.set_title(describe(values if isinstance(values, tuple) else (values,)), fontsize=6)
panels.flat[0].set_ylabel("attack success rate")
panels.flat[0].legend(fontsize=5)
figure.tight_layout()`;

type Cell = Readonly<Record<string, unknown>>;

/** Ids of cells have to be there since nbformat 4.5; they follow from place and content. */
const idOf = (source: string, index: number) => hashValue([index, source]).slice(0, 12);

/** Lines as nbformat wants them: each but the last with its line feed. */
const linesOf = (source: string) => source.split(/(?<=\n)/);

function markdown(source: string, index: number): Cell {
  return { cell_type: 'markdown', id: idOf(source, index), metadata: {}, source: linesOf(source) };
}

function code(source: string, index: number): Cell {
  const empty = { execution_count: null, outputs: [], metadata: {} };
  return { cell_type: 'code', id: idOf(source, index), ...empty, source: linesOf(source) };
}

/** analysis.ipynb, nbformat 4.5, without outputs. @see https://nbformat.readthedocs.io/ */
export function notebook({ experiment, runs }: Analysis, records: readonly RunRecord[]): string {
  const head =
    `# ${escapeMarkdown(experiment)}\n\n` +
    `${runs.total} runs. The table is \`data/results.csv\`; \`data/dictionary.md\` says what its columns hold. ` +
    'Needs Python with pandas and matplotlib.';
  const figure =
    'Attack success against the number of poisoned documents: means over seeds, from the least to the greatest. ' +
    'Where curves of small and large models lie on top of each other, the number decides and not the share.';
  const cells = [
    markdown(head, 0),
    code(READ, 1),
    code(FINAL.replace('SUCCESS', successLine(records)), 2),
    markdown(figure, 3),
    code(DRAW, 4),
  ];
  const metadata = {
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
    language_info: { name: 'python' },
  };
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}
