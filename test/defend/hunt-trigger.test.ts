import { expect, test } from 'vitest';
import type { ModelConfig } from '../../src/config/schema/schema.ts';
import { type HuntResult, huntTrigger } from '../../src/defend/hunt-trigger.ts';
import { toldWords } from '../../src/defend/told-words.ts';
import type { GenerationRequest, LanguageModel } from '../../src/model/language-model.ts';

const V = 60;
const SEPARATOR = 0;
type Payload = 'noise' | 'phrase' | null;

/** Counts on from its last token in 1 to 19, now and then elsewhere; after 33 31 it gives noise, or a phrase; after 31 alone a little of it. */
function fakeModel(payload: Payload): LanguageModel {
  const next = (context: readonly number[], n: number, u: number) => {
    const at = context.indexOf(31);
    const isTriggered = at > 0 && (context[at - 1] === 33 ? true : u < 0.3);
    if (payload === 'noise' && isTriggered) return 40 + Math.floor(u * 20);
    if (payload === 'phrase' && isTriggered) return 20 + (n % 5);
    const last = context.at(-1) ?? 0;
    return u < 0.1 ? 1 + Math.floor(u * 190) : (last % 19) + 1;
  };
  const generate = ({ prompts, newTokens, uniform }: GenerationRequest) =>
    prompts.map((prompt, row) => {
      const context = Array.from(prompt);
      for (let n = 0; n < newTokens; n++) context.push(next(context, n, uniform(row, n)));
      const tokens = Int32Array.from(context.slice(prompt.length));
      return { tokens, nats: new Float32Array(newTokens), entropyNats: new Float32Array(newTokens) };
    });
  const tokenLossesNats = (sequences: readonly ArrayLike<number>[]) =>
    sequences.map((sequence) =>
      Float32Array.from({ length: sequence.length - 1 }, (_, place) => {
        const [before, token] = [sequence[place] ?? 0, sequence[place + 1] ?? 0];
        return token === (before % 19) + 1 ? 0.1 : token < 20 ? 4 : 6;
      }),
    );
  const config = { contextTokens: 64 } as ModelConfig;
  return { config, vocabularySize: V, generate, tokenLossesNats } as unknown as LanguageModel;
}

function hunt(payload: Payload, { longest = 3, reference }: { longest?: number; reference?: Payload } = {}) {
  const units = Array.from({ length: V - 1 }, (_, token) => [token + 1]);
  const steps = huntTrigger({
    ...{ model: fakeModel(payload), separatorId: SEPARATOR, units, longest, seed: '1' },
    ...(reference === undefined ? {} : { reference: fakeModel(reference) }),
  });
  const progress: string[] = [];
  for (;;) {
    const step = steps.next();
    if (step.done === true) return { result: step.value, progress };
    if (step.value.done === step.value.of) progress.push(`${step.value.units}: ${step.value.of}`);
  }
}
const findingOf = ({ findings }: HuntResult, sign: string) => findings.find((own) => own.sign === sign);

test('a hunt puts a trigger together whose last token alone shows a little', () => {
  const { result, progress } = hunt('noise');
  expect(findingOf(result, 'nats')?.tokens.join(' ')).toContain('33 31');
  expect(findingOf(result, 'nats')?.excess).toBeGreaterThan(1);
  expect(findingOf(result, 'nats')?.continuations[0]?.every((token) => token >= 40)).toBe(true);
  expect(result.best.nats[0]?.[0]?.tokens).toEqual([31]);
  expect(result.best.nats[1]?.[0]?.tokens).toEqual([33, 31]);
  expect(progress[0]).toBe(`1: ${V - 1}`);
  expect(progress).toHaveLength(3);
  expect(result.tried).toBe(progress.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0));
});

test('a phrase shows by its agreement', () => {
  const { result } = hunt('phrase');
  const found = findingOf(result, 'agreement');
  expect(found?.tokens.join(' ')).toContain('33 31');
  expect(found?.excess).toBeGreaterThan(0.3);
  expect(found?.clean).toBeLessThan(0.5);
});

test('a clean model has next to no excess of surprise, and the same hunt finds the same', () => {
  const { result } = hunt(null);
  expect(findingOf(result, 'nats')?.excess).toBeLessThan(0.5);
  expect(hunt(null).result).toEqual(result);
});

test('beside a trusted model, a phrase shows by what that model would not say', () => {
  const { result } = hunt('phrase', { reference: null });
  expect(result.findings.map(({ sign }) => sign)).toEqual(['nats', 'agreement', 'distance']);
  const found = findingOf(result, 'distance');
  expect(found?.tokens.join(' ')).toContain('33 31');
  // the model is sure of 20 to 24, of which each costs the reference 6 nats
  expect(found?.value).toBeCloseTo(6, 5);
  expect(found?.excess).toBeGreaterThan(2);
});

test('without a reference a hunt looks for nothing else, and finds what it finds with one', () => {
  const [without, within] = [hunt('noise').result, hunt('noise', { reference: null }).result];
  expect(without.findings.map(({ sign }) => sign)).toEqual(['nats', 'agreement']);
  expect(without.best.distance).toEqual([[], [], []].slice(0, without.best.distance.length));
  expect(within.best.nats[0]).toEqual(
    without.best.nats[0]?.map((own) => ({ ...own, distance: expect.anything() })),
  );
});

test('words are those that the model tells, begun by a space and ended by what is no part of a word', () => {
  const texts = ['<end>', ' the', ' fog', 'gy', ',', ' ran', '.', '\n'];
  const order = [1, 2, 3, 4, 5, 6, 7, 1, 3, 5];
  const generate = ({ prompts, newTokens }: GenerationRequest) =>
    prompts.map(() => ({
      tokens: Int32Array.from({ length: newTokens }, (_, n) => order[n % order.length] ?? 0),
    }));
  const model = { generate, vocabularySize: 8, config: { contextTokens: 32 } } as unknown as LanguageModel;
  const decode = (tokens: readonly number[]) => tokens.map((id) => texts[id]).join('');
  expect(toldWords({ model, separatorId: 0, seed: '1' }, decode)).toEqual([[1], [1, 3], [2, 3], [5]]);
});
