// An adaptive sweep whose runs are drawn instead of trained: what a plan may cost, and how often its intervals hold.
import { exp, log, log10 } from '../../core/math.ts';
import { type RandomStream, randomStream } from '../../core/random.ts';
import { logistic } from '../fits/floored-logit.ts';
import type { AdaptiveSweep, Candidate, Outcome, Outcomes } from './adaptive-sweep.ts';
import { type Decision, decide } from './decide.ts';
import { flopsOf } from './design.ts';

/** Gamma deviate of any shape (Marsaglia and Tsang 2000). */
function gammaDeviate(stream: RandomStream, shape: number): number {
  if (shape < 1) return gammaDeviate(stream, shape + 1) * exp(log(1 - stream.uniform()) / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = stream.normal();
    const v = (1 + c * x) * (1 + c * x) * (1 + c * x);
    if (v > 0 && log(1 - stream.uniform()) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
  }
}

/** Success of a run: beta distributed with mean p and variance ρ p (1 - p). */
export function drawSuccess(
  stream: RandomStream,
  { p, dispersion }: { p: number; dispersion: number },
): number {
  if (p <= 0 || p >= 1) return p <= 0 ? 0 : 1;
  const total = 1 / dispersion - 1;
  const a = gammaDeviate(stream, p * total);
  const b = gammaDeviate(stream, (1 - p) * total);
  return a + b > 0 ? a / (a + b) : Number(stream.uniform() < p);
}

/** A sweep that was simulated to its end. */
export interface SimulatedSweep {
  readonly chosen: readonly number[];
  readonly outcomes: Outcomes;
  readonly flops: number;
  /** The last one: its targets are the estimates that the sweep stopped with. */
  readonly last: Decision;
}

/** Runs a sweep with drawn outcomes. @param options.draw the outcome of a run, once for each */
export function simulateSweep(
  sweep: AdaptiveSweep,
  { draw, draws }: { draw: (run: Candidate) => Outcome; draws: number },
): SimulatedSweep {
  const chosen: number[] = [];
  const outcomes = new Map<number, Outcome>();
  for (;;) {
    const last = decide(sweep, { chosen, outcomes, draws });
    if (last.batch.length === 0) {
      return { chosen, outcomes, flops: flopsOf(chosen.map((place) => sweep.candidates[place])), last };
    }
    chosen.push(...last.batch);
    for (const place of last.batch) outcomes.set(place, draw(sweep.candidates[place]));
  }
}

/** What a plan may cost if curves are like those of constant-count: 8 a decade, dispersion 0.06, P50 amid the counts. */
export const EXPECTED_CURVE = { steepness: 8, dispersion: 0.06, floor: 0.01, prompts: 200 } as const;

/** Simulates a sweep a few times. */
export function expectedSweeps(
  sweep: AdaptiveSweep,
  options: { repeats: number; draws: number },
): SimulatedSweep[] {
  const { steepness, dispersion, floor, prompts } = EXPECTED_CURVE;
  const counts = sweep.groups[0].arms[0].counts;
  const middle = (log10(counts[0]) + log10(counts[counts.length - 1])) / 2;
  return Array.from({ length: options.repeats }, (_, repeat) => {
    const stream = randomStream('adaptive', 'expected', repeat);
    const draw = ({ documents }: Candidate): Outcome => {
      const rise = documents === 0 ? 0 : logistic(steepness * (log10(documents) - middle));
      return { asr: drawSuccess(stream, { p: floor + (1 - floor) * rise, dispersion }), prompts };
    };
    return simulateSweep(sweep, { draw, draws: options.draws });
  });
}
