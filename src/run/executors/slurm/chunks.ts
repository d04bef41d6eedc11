// Runs put together into the tasks of a job array.
/**
 * Chunks of about equal duration, longest runs first, so that a task takes about `minutes` on its cores; a longer run
 * has a task of its own. As few chunks as that allows.
 * @param options.flopsPerSecond of one core
 */
export function chunkRuns<Run extends { readonly flops: number }>(
  runs: readonly Run[],
  options: { minutes: number; cores: number; flopsPerSecond: number },
): Run[][] {
  const capacity = 60 * options.minutes * options.cores * options.flopsPerSecond;
  const total = runs.reduce((sum, { flops }) => sum + flops, 0);
  const count = Math.min(runs.length, Math.max(1, Math.ceil(total / capacity)));
  const chunks = Array.from({ length: count }, () => ({ flops: 0, runs: [] as Run[] }));
  for (const run of runs.toSorted((a, b) => b.flops - a.flops)) {
    // The emptiest, as a scheduler would choose the first free processor.
    const emptiest = chunks.reduce((least, chunk) => (chunk.flops < least.flops ? chunk : least));
    emptiest.runs.push(run);
    emptiest.flops += run.flops;
  }
  return chunks.map((chunk) => chunk.runs);
}
