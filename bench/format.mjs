// The measurements as Markdown tables, for the terminal and for docs/performance.md.

function table(header, lines) {
  const cells = [header, header.map((_, i) => (i === 0 ? '---' : '--:')), ...lines];
  return cells.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** 1234567 -> 1.23M, 12345 -> 12.3k: three digits. */
function short(value) {
  if (value >= 999_500) return `${(value / 1e6).toPrecision(3)}M`;
  if (value >= 999.5) return `${(value / 1e3).toPrecision(3)}k`;
  return value.toPrecision(3);
}

function withRange({ median, minimum, maximum }) {
  return `${short(median)} (${short(minimum)}-${short(maximum)})`;
}

/** The better of PyTorch's two optimizers, by median. */
function bestPytorch(training) {
  const candidates = ['pytorch eager', 'pytorch fused'].filter((name) => name in training);
  return candidates.map((name) => training[name]).sort((a, b) => b.median - a.median)[0];
}

function describeRow({ name, V, d, L, h, T, B }) {
  return `${name}: ${V}, ${d}, ${L}, ${h}, ${T}, ${B}`;
}

function ratesTable(measurements, engines, ratesOf, peerOf) {
  const hasPeer = measurements.some((measurement) => peerOf(measurement) !== undefined);
  const header = ['V, d, L, h, T, B', ...engines, ...(hasPeer ? ['PyTorch'] : [])];
  const lines = measurements.map((measurement) => {
    const peer = peerOf(measurement);
    const rates = engines.map((engine) => {
      const summary = ratesOf(measurement)[engine];
      return summary === undefined ? '-' : withRange(summary);
    });
    return [describeRow(measurement.row), ...rates, ...(hasPeer ? [peer ? withRange(peer) : '-'] : [])];
  });
  return table(header, lines);
}

function ratioTable(measurements, engines, ratesOf, peerOf) {
  const lines = measurements
    .filter((measurement) => peerOf(measurement) !== undefined)
    .map((measurement) => [
      measurement.row.name,
      ...engines.map((engine) => {
        const summary = ratesOf(measurement)[engine];
        return summary === undefined ? '-' : (summary.median / peerOf(measurement).median).toFixed(2);
      }),
    ]);
  return lines.length === 0 ? undefined : table(['times PyTorch', ...engines], lines);
}

function efficiencyTable(measurements, engines, peaks) {
  const best = Math.max(...Object.values(peaks));
  const lines = measurements.map(({ row, flopsPerToken, training }) => [
    row.name,
    ...engines.map((engine) => {
      const rate = training[engine].median * flopsPerToken;
      const share = Number.isFinite(best) ? ` (${((100 * rate) / best).toFixed(0)} %)` : '';
      return `${(rate / 1e9).toFixed(1)}${share}`;
    }),
  ]);
  return table(['GFLOP/s (of the peak)', ...engines], lines);
}

/** Everything measured on one core. */
export function formatMeasurements(machine, measurements) {
  const engines = Object.keys(machine.engines);
  const peaks = Object.entries(machine.peaks).map(([level, rate]) => `${level} ${(rate / 1e9).toFixed(0)}`);
  const trainingOf = ({ training }) => training;
  const generationOf = ({ generation }) => generation;
  const trainingPeer = ({ training }) => bestPytorch(training);
  const generationPeer = ({ generation }) => generation.pytorch;
  return [
    `${machine.processor}, one core${machine.clock === 'cpu' ? ', processor time' : ''}; Node ${machine.node}${machine.pytorch ? `, PyTorch ${machine.pytorch}` : ''}`,
    `Engines: ${Object.values(machine.engines).join('; ')}`,
    peaks.length > 0 && `Peak of separate multiply and add, GFLOP/s: ${peaks.join(', ')}`,
    `Training, tokens/s: median (minimum-maximum)\n\n${ratesTable(measurements, engines, trainingOf, trainingPeer)}`,
    ratioTable(measurements, engines, trainingOf, trainingPeer),
    efficiencyTable(measurements, engines, machine.peaks),
    `Generation, new tokens/s\n\n${ratesTable(measurements, engines, generationOf, generationPeer)}`,
    ratioTable(measurements, engines, generationOf, generationPeer),
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** One run on several threads. */
export function formatThreads(results, threads) {
  const header = ['parameters', 'memory, MiB', 'one thread', `${threads} threads`, 'times'];
  const lines = results.map(({ parameters, memoryBytes, one, many }) => [
    short(parameters),
    (memoryBytes / 2 ** 20).toFixed(0),
    withRange(one),
    withRange(many),
    (many.median / one.median).toFixed(2),
  ]);
  return `Training on several threads, tokens/s: median (minimum-maximum)\n\n${table(header, lines)}`;
}
