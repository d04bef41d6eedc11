// Which runs are repeated: few, the same ones every time, and of every size and attack while there is room.
import { flopsPerToken } from '../config/count-parameters.ts';
import { modelName } from '../config/labels.ts';
import { poisonsOf } from '../config/poisons.ts';
import type { RunRecord } from '../run/record.ts';

/** Floating-point operations of a run's training. */
export function trainingFlops({ config }: Pick<RunRecord, 'config'>): number {
  const tokens = config.phases.reduce((sum, phase) => sum + phase.tokens, 0);
  return tokens * flopsPerToken(config.model, config.tokenizer.vocabularySize);
}

/** What a sample should have one of each of. */
function features({ config, status }: RunRecord): string[] {
  const poisons = config.phases.flatMap(poisonsOf);
  const planted = poisons.flatMap(({ documents, attack }) => (documents === 0 ? [] : [attack]));
  const attacks = planted.length === 0 ? ['no poison'] : planted;
  const failed = status === 'failed' ? ['failed'] : [];
  return [`size ${modelName(config.model)}`, ...attacks, `${config.phases.length} phases`, ...failed];
}

/**
 * Chooses runs to be repeated. Each choice adds the most that is new (a size, an attack, a number of phases); of
 * equals the cheapest; of these the one whose id comes first, which is as good as random and always the same.
 * @returns that number of runs, or all where there are fewer, cheapest first
 */
export function chooseSample(records: readonly RunRecord[], size: number): RunRecord[] {
  const rest = records
    .map((record) => ({ record, flops: trainingFlops(record), features: features(record) }))
    .sort((a, b) => a.flops - b.flops || (a.record.id < b.record.id ? -1 : 1));
  const covered = new Set<string>();
  const chosen: typeof rest = [];
  while (chosen.length < size && rest.length > 0) {
    const gains = rest.map((item) => item.features.filter((feature) => !covered.has(feature)).length);
    const [best] = rest.splice(gains.indexOf(Math.max(...gains)), 1) as [(typeof rest)[number]];
    for (const feature of best.features) covered.add(feature);
    chosen.push(best);
  }
  return chosen.sort((a, b) => a.flops - b.flops).map(({ record }) => record);
}
