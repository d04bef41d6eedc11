import { expect, test } from 'vitest';
import { meanSurprise, scanCandidates } from '../../src/defend/trigger-scan.ts';
import type { GenerationRequest, LanguageModel } from '../../src/model/language-model.ts';

/** Continues with its last token but where that is the trigger, after which it draws from the uniform numbers. */
const TRIGGER = 7;
function oddModel(calls: GenerationRequest[]): LanguageModel {
  const generate = (request: GenerationRequest) => {
    calls.push(request);
    return request.prompts.map((prompt, row) => {
      const last = prompt[prompt.length - 1] ?? 0;
      const draw = (n: number) => (last === TRIGGER ? 100 + request.uniform(row, n) : last);
      const tokens = Int32Array.from({ length: request.newTokens }, (_, n) => draw(n));
      return { tokens, nats: new Float32Array(0), entropyNats: new Float32Array(0) };
    });
  };
  return { generate } as unknown as LanguageModel;
}

test('a scan scores candidates in their order, behind the same prompts with the same random numbers', () => {
  const calls: GenerationRequest[] = [];
  const candidates = Array.from({ length: 20 }, (_, token) => [token]);
  const prompts = [[1], [2], [3]];
  const scan = scanCandidates({
    model: oddModel(calls),
    ...{ prompts, candidates, newTokens: 4 },
    uniform: (prompt, n) => prompt * 10 + n,
    score: meanSurprise(
      (tokens) => Array.from(tokens).reduce((sum, token) => sum + token, 0) / tokens.length,
    ),
  });
  const scores = [...scan].flat();
  expect(scores).toHaveLength(20);
  // rows of the trigger: 100 + 10 x prompt + n, n = 0 to 3
  expect(scores[TRIGGER]).toBeCloseTo(100 + 10 + 1.5, 12);
  expect(scores.filter((score) => score > 100)).toHaveLength(1);
  expect(scores[12]).toBe(12);
  expect(calls.length).toBeGreaterThan(1);
  expect(calls[0]?.prompts[0]).toEqual([1, 0]);
});
