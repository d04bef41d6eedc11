// The learning curve of a run as a table that a person can read or plot while it trains.

/** Rows of a table; more steps than that share rows. */
const MOST_ROWS = 1000;

/**
 * CSV: the last optimizer step of each row, and the mean training loss of its steps, nats/token; empty where that is not
 * finite.
 * @param lossesNats training loss of each step, the first first
 */
export function learningCurve(lossesNats: readonly number[]): string {
  const steps = Math.max(1, Math.ceil(lossesNats.length / MOST_ROWS));
  const lines = ['optimizerStep,trainLossNats'];
  for (let start = 0; start < lossesNats.length; start += steps) {
    const own = lossesNats.slice(start, start + steps);
    const mean = own.reduce((sum, loss) => sum + loss, 0) / own.length;
    lines.push(`${start + own.length},${Number.isFinite(mean) ? mean.toFixed(5) : ''}`);
  }
  return `${lines.join('\n')}\n`;
}
