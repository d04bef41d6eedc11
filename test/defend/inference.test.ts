import { describe, expect, test } from 'vitest';
import { exp, log } from '../../src/core/math.ts';
import { randomStream } from '../../src/core/random.ts';
import { cleanGen, type Replacement, writtenSuspicion } from '../../src/defend/inference/clean-gen.ts';
import {
  guardedModel,
  type PromptDetector,
  refusalThreshold,
  remembered,
} from '../../src/defend/inference/prompt-detector.ts';
import { promptPerplexity } from '../../src/defend/inference/prompt-perplexity.ts';
import { strip } from '../../src/defend/inference/strip.ts';
import { chooseEngine } from '../../src/kernels/choose-engine.ts';
import { createGpt, type Gpt } from '../../src/model/gpt.ts';
import type { Generation, LanguageModel } from '../../src/model/language-model.ts';
import { trainNgramModel } from '../../src/model/ngram/ngram-model.ts';
import { smallGpt } from '../model/fixtures.ts';

const V = 21;
const modelOf = (seed: number) => smallGpt({ config: { initStandardDeviation: 0.5 }, seed });
const request = {
  prompts: [[1, 2, 3, 4], [5], [6, 7], [1, 2, 3, 4]],
  newTokens: 7,
  temperature: 1,
  uniform: (prompt: number, n: number) => (((prompt * 7 + n * 3) % 11) + 0.5) / 11,
};
const promptsOf = (count: number, name: string) =>
  Array.from({ length: count }, (_, place) => {
    const random = randomStream('test', name, place);
    return [0, ...Array.from({ length: 5 }, () => random.integer({ minimum: 1, maximum: V - 1 }))];
  });

describe('CleanGen', () => {
  const suspicion = 3;

  /** The definition, a token at a time. */
  function tokenByToken(model: LanguageModel, reference: LanguageModel, prompt: number): number[] {
    const text = [...(request.prompts[prompt] as number[])];
    for (let n = 0; n < request.newTokens; n++) {
      const one = {
        prompts: [text],
        newTokens: 1,
        temperature: 1,
        uniform: () => request.uniform(prompt, n),
      };
      const [own] = model.generate(one) as [Generation];
      const nats = reference.tokenLossesNats([[...text, own.tokens[0] as number]])[0]?.at(-1) as number;
      const isSuspicious = nats - (own.nats[0] as number) >= log(suspicion);
      const [other] = isSuspicious ? reference.generate(one) : [own];
      text.push(other?.tokens[0] as number);
    }
    return text.slice(-request.newTokens);
  }

  test('writes what its definition writes a token at a time, and tells what it replaces', () => {
    const [model, reference] = [modelOf(1), modelOf(2)];
    const replaced: Replacement[] = [];
    const guarded = cleanGen({ model, reference, suspicion, onReplace: (own) => replaced.push(own) });
    const written = guarded.generate(request).map(({ tokens }) => [...tokens]);
    expect(written).toEqual(request.prompts.map((_, prompt) => tokenByToken(model, reference, prompt)));
    expect(replaced.length).toBeGreaterThan(3);
    expect(replaced.length).toBeLessThan(request.prompts.length * request.newTokens);
    for (const { prompt, n } of replaced) {
      const before = [...(request.prompts[prompt] as number[]), ...(written[prompt]?.slice(0, n) ?? [])];
      const draw = {
        prompts: [before],
        newTokens: 1,
        temperature: 1,
        uniform: () => request.uniform(prompt, n),
      };
      expect(written[prompt]?.[n]).toBe(reference.generate(draw)[0]?.tokens[0]);
    }
  });

  test('gives a text the loss of what it draws: suspicious probability goes to the reference', () => {
    const [model, reference] = [modelOf(1), modelOf(2)];
    const guarded = cleanGen({ model, reference, suspicion });
    const text = [3, 9, 4, 1, 17, 2];
    for (let length = 1; length < text.length; length++) {
      const before = text.slice(0, length);
      const [p, r, mixed] = [model, reference, guarded].map(
        (own) => own.nextTokenProbabilities([before])[0] as Float32Array,
      ) as [Float32Array, Float32Array, Float32Array];
      const isMoved = Array.from(p, (value, j) => value / (r[j] as number) >= suspicion);
      const moved = p.reduce((sum, value, j) => sum + (isMoved[j] ? value : 0), 0);
      for (let j = 0; j < V; j++)
        expect(mixed[j]).toBeCloseTo((isMoved[j] ? 0 : (p[j] as number)) + moved * (r[j] as number), 5);
      expect(mixed.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      const nats = guarded.tokenLossesNats([text])[0]?.[length - 1] as number;
      expect(exp(-nats)).toBeCloseTo(mixed[text[length] as number] as number, 5);
    }
  });

  test('is the model to the bit when it is off, and where the reference is the model', () => {
    const [model, reference] = [modelOf(1), modelOf(2)];
    const plain = model.generate(request);
    const off = cleanGen({ model, reference, suspicion: Number.POSITIVE_INFINITY });
    expect(off.generate(request)).toEqual(plain);
    expect(off.tokenLossesNats([[1, 2, 3]])).toEqual(model.tokenLossesNats([[1, 2, 3]]));
    expect(off.nextTokenProbabilities([[1, 2]])).toEqual(model.nextTokenProbabilities([[1, 2]]));
    expect(cleanGen({ model, reference: model, suspicion: 1.01 }).generate(request)).toEqual(plain);
  });
});

/** Continues every prompt with one entropy, which the last token says. */
function entropyModel(entropyAfter: (prompt: ArrayLike<number>) => number): LanguageModel {
  const unused = () => {
    throw new Error('not used');
  };
  return {
    config: { ...smallGpt().config, contextTokens: 64 },
    vocabularySize: V,
    parameters: 0,
    generate: ({ prompts, newTokens }) =>
      prompts.map((prompt) => ({
        tokens: new Int32Array(newTokens),
        nats: new Float32Array(newTokens),
        entropyNats: new Float32Array(newTokens).fill(entropyAfter(prompt)),
      })),
    tokenLossesNats: unused,
    nextTokenProbabilities: unused,
  };
}

describe('STRIP', () => {
  const TRIGGER = 20;
  const trusted = promptsOf(200, 'trusted').map((prompt) => prompt.map((token) => token % TRIGGER));
  const clean = promptsOf(100, 'clean').map((prompt) => prompt.map((token) => token % TRIGGER));
  const triggered = clean.map((prompt) => [...prompt, TRIGGER, TRIGGER, TRIGGER]);
  const usual = (prompt: ArrayLike<number>) =>
    1 + Array.from(prompt).reduce((sum, token) => sum + token, 0) / 400;
  const caught = (entropy: number) => {
    const model = entropyModel((prompt) => (Array.from(prompt).includes(TRIGGER) ? entropy : usual(prompt)));
    const detector = strip({
      ...{ model, separatorId: 0, newTokens: 4, seed: 'a' },
      trusted: trusted.filter((_, place) => place % 2 === 0),
    });
    const calibration = trusted.filter((_, place) => place % 2 === 1);
    const threshold = refusalThreshold(detector, { trusted: calibration, share: 0.05 });
    const share = (prompts: readonly number[][]) =>
      detector.score(prompts).filter((own) => own > threshold).length / prompts.length;
    return { triggered: share(triggered), clean: share(clean) };
  };

  test('catches entropy that falls and entropy that rises, at the stated price', () => {
    for (const entropy of [0, 6]) {
      const found = caught(entropy);
      expect(found.triggered).toBeGreaterThan(0.95);
      expect(found.clean).toBeLessThan(0.12);
    }
  });

  test('misses a trigger of many tokens, which few copies keep', () => {
    // A trigger of twenty tokens that works only whole: one copy in 300 keeps it.
    const long = clean.map((prompt) => [...prompt, ...Array(20).fill(TRIGGER)]);
    const model = entropyModel((prompt) =>
      Array.from(prompt).filter((token) => token === TRIGGER).length === 20
        ? 6
        : usual(Array.from(prompt).slice(0, 6)),
    );
    const detector = strip({ ...{ model, trusted, separatorId: 0, newTokens: 4, seed: 'a' } });
    const threshold = refusalThreshold(detector, { trusted, share: 0.05 });
    const found = detector.score(long).filter((own) => own > threshold).length;
    expect(found / long.length).toBeLessThan(0.5);
  });

  test('misses a payload of ordinary entropy: the attacker written for it', () => {
    expect(caught(1.13).triggered).toBeLessThan(0.2);
  });
});

describe('defences of prompts', () => {
  const trusted = promptsOf(40, 'trusted');
  const prompts = promptsOf(12, 'prompts');
  const detectors = (engine: 'wasm' | 'reference'): PromptDetector[] => {
    const [model, reference] = [1, 2].map((seed) => {
      const { config } = modelOf(seed);
      const made = createGpt({
        config,
        vocabularySize: V,
        engine: chooseEngine({ engine, threads: 1 }).engine,
      });
      made.initialise(seed);
      return made;
    }) as [Gpt, Gpt];
    return [
      promptPerplexity(reference),
      strip({ model, trusted, separatorId: 0, newTokens: 4, seed: '1' }),
      writtenSuspicion({ model, reference }, { newTokens: 5, seed: '1' }),
    ];
  };

  test.each([0, 1, 2])('score %i depends on the prompt alone, not on order or neighbours', (which) => {
    const detector = detectors('wasm')[which] as PromptDetector;
    const scores = [...detector.score(prompts)];
    expect([...detector.score([...prompts].reverse())].reverse()).toEqual(scores);
    expect(prompts.map((prompt) => detector.score([prompt])[0])).toEqual(scores);
    expect(new Set(scores).size).toBeGreaterThan(10);
    expect([...remembered(detector).score([...prompts, ...prompts])]).toEqual([...scores, ...scores]);
  });

  test('perplexity catches a trigger that trusted text never has, and misses one that it has: the attacker written for it', () => {
    const document = (words: readonly number[]) => words.flatMap((word) => [word, word + 1]);
    const clean = Array.from({ length: 60 }, (_, place) =>
      document([1, 3, 5, 7].map((word) => ((word + 2 * place) % 8) + 1)),
    );
    const ngram = (documents: readonly number[][]): LanguageModel => {
      const trained = trainNgramModel({ documents, order: 2, vocabularySize: V });
      return {
        ...entropyModel(() => 0),
        tokenLossesNats: (texts) =>
          texts.map((text) => Float32Array.from(trained.tokenNats(text)).subarray(1)),
      };
    };
    const triggered = clean.slice(0, 20).map((prompt) => [...prompt, 18, 19, 20]);
    const caught = (documents: readonly number[][]) => {
      const detector = promptPerplexity(ngram(documents));
      const threshold = refusalThreshold(detector, { trusted: documents.slice(20), share: 0.05 });
      return detector.score(triggered).filter((own) => own > threshold).length / triggered.length;
    };
    expect(caught(clean)).toBe(1);
    const common = clean.map((own, place) => (place % 5 === 0 ? [...own, 18, 19, 20] : own));
    expect(caught(common)).toBe(0);
  });

  test('have the same bits on every engine', () => {
    const [own, other] = [detectors('wasm'), detectors('reference')];
    for (const [place, detector] of own.entries())
      expect(detector.score(prompts.slice(0, 4))).toEqual(other[place]?.score(prompts.slice(0, 4)));
  });

  test('let the reference answer what is suspicious and nothing else', () => {
    const [model, reference] = [modelOf(1), modelOf(2)];
    const detector: PromptDetector = {
      name: 'by length',
      score: (all) => Float64Array.from(all, ({ length }) => length),
    };
    const answers = guardedModel(model, { reference, detector, threshold: 3 }).generate(request);
    const [plain, other] = [model.generate(request), reference.generate(request)];
    expect(answers).toEqual([other[0], plain[1], plain[2], other[3]]);
    const off = guardedModel(model, { reference, detector, threshold: Number.POSITIVE_INFINITY });
    expect(off.generate(request)).toEqual(plain);
  });

  test('a threshold costs clean prompts what it states, in expectation, and none at zero', () => {
    const shares = Array.from({ length: 200 }, (_, trial) => {
      const random = randomStream('threshold', trial);
      const values = new Map(Array.from({ length: 300 }, (_, token) => [token, random.normal()]));
      const detector: PromptDetector = {
        name: 'any',
        score: (all) => Float64Array.from(all, (prompt) => values.get(prompt[0] as number) ?? 0),
      };
      const all = [...values.keys()].map((token) => [token]);
      const threshold = refusalThreshold(detector, { trusted: all.slice(0, 150), share: 0.1 });
      expect(refusalThreshold(detector, { trusted: all, share: 0 })).toBe(Number.POSITIVE_INFINITY);
      return detector.score(all.slice(150)).filter((score) => score > threshold).length / 150;
    });
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    expect(mean).toBeGreaterThan(0.085);
    expect(mean).toBeLessThan(0.105);
  });
});
