import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { canBeLed, countVotes, createEnsemble, meanWeights, type Vote } from '../../src/model/ensemble.ts';
import { smallGpt } from './fixtures.ts';

const V = 21;
const seeds = [1, 2, 3];
const request = {
  prompts: [[1, 2, 3, 4], [5], [6, 7]],
  newTokens: 7,
  temperature: 0.8,
  uniform: (prompt: number, n: number) => (((prompt * 7 + n * 3) % 11) + 0.5) / 11,
};
const modelOf = (seed: number) => {
  const model = smallGpt({ config: { initStandardDeviation: 0.3 }, seed });
  if (!canBeLed(model)) throw new Error('a model of the kernels can be led');
  return model;
};
const models = () => seeds.map(modelOf);

describe('the certified radius of a vote', () => {
  /** Whether some way of changing at most r of the votes gives another token: every way is tried. */
  const canFlip = (votes: readonly number[], r: number, choices: number): boolean => {
    const { token } = countVotes(votes);
    const change = (place: number, left: number, own: readonly number[]): boolean => {
      if (countVotes(own).token !== token) return true;
      if (place === own.length || left === 0) return false;
      if (change(place + 1, left, own)) return true;
      return Array.from({ length: choices }, (_, choice) => choice).some((choice) =>
        change(place + 1, left - 1, own.with(place, choice)),
      );
    };
    return change(0, r, votes);
  };

  it('is what every way of changing as many votes leaves, and one more does not', () => {
    // All votes of five members on three tokens: 243.
    for (let code = 0; code < 3 ** 5; code++) {
      const votes = Array.from({ length: 5 }, (_, place) => Math.floor(code / 3 ** place) % 3);
      const { radius } = countVotes(votes);
      expect(canFlip(votes, radius, 3)).toBe(false);
      expect(canFlip(votes, radius + 1, 3)).toBe(true);
    }
  });

  it('is that of the program of Levine and Feizi, and so is the winner', () => {
    const integers = z.array(z.int());
    const golden = z
      .object({ votes: z.array(integers), winners: integers, radii: integers })
      .parse(JSON.parse(readFileSync(new URL('../defend/golden/dpa.json', import.meta.url), 'utf8')));
    expect(golden.votes).toHaveLength(240);
    expect(golden.votes.map(countVotes).map(({ token }) => token)).toEqual(golden.winners);
    expect(golden.votes.map(countVotes).map(({ radius }) => radius)).toEqual(golden.radii);
  });

  it('gives ties to the smaller token, and counts one that nobody chose', () => {
    expect(countVotes([7, 7, 3, 3])).toEqual({ token: 3, radius: 0 });
    expect(countVotes([0, 0, 0, 0, 0])).toEqual({ token: 0, radius: 2 });
    expect(countVotes([4])).toEqual({ token: 4, radius: 0 });
    expect(countVotes([4, 4])).toEqual({ token: 4, radius: 0 });
    expect(countVotes([0, 0])).toEqual({ token: 0, radius: 1 });
  });
});

describe('an ensemble', () => {
  it('refuses what it does not do: drawing from the likeliest tokens alone', () => {
    const ensemble = createEnsemble(models(), { combination: 'votes' });
    expect(() => ensemble.generate({ ...request, topK: 5 })).toThrow(
      /topK is 5: an ensemble draws from all tokens/,
    );
    expect(ensemble.generate({ ...request, topK: 0 })).toEqual(ensemble.generate(request));
  });

  it.each(['votes', 'log-mean'] as const)('of copies of one model is that model: %s', (combination) => {
    const [model] = models();
    if (model === undefined) throw new Error('no model');
    const copies = Array.from({ length: 3 }, () => modelOf(1));
    const ensemble = createEnsemble(copies, { combination });
    const own = model.generate(request);
    for (const [place, { tokens, nats, entropyNats }] of ensemble.generate(request).entries()) {
      expect([...tokens]).toEqual([...(own[place]?.tokens ?? [])]);
      for (const [n, value] of nats.entries()) expect(value).toBeCloseTo(own[place]?.nats[n] ?? 0, 4);
      for (const [n, value] of entropyNats.entries())
        expect(value).toBeCloseTo(own[place]?.entropyNats[n] ?? 0, 4);
    }
    const sequences = [
      [1, 2, 3, 4, 5],
      [6, 7, 8],
    ];
    const losses = model.tokenLossesNats(sequences);
    for (const [s, list] of ensemble.tokenLossesNats(sequences).entries())
      for (const [i, value] of list.entries()) expect(value).toBeCloseTo(losses[s]?.[i] ?? 0, 4);
    const next = ensemble.nextTokenProbabilities([[1, 2]])[0] as Float32Array;
    for (const [j, value] of model.nextTokenProbabilities([[1, 2]])[0]?.entries() ?? [])
      expect(next[j]).toBeCloseTo(value, 5);
  });

  it('writes what most of its members would write next, given what it wrote before', () => {
    const members = models();
    const votes: Vote[] = [];
    const ensemble = createEnsemble(members, { combination: 'votes', onVote: (vote) => votes.push(vote) });
    const greedy = { ...request, temperature: 0 };
    const [first] = ensemble.generate({ ...greedy, prompts: [[1, 2, 3, 4]] });
    const written = [...(first?.tokens ?? [])];
    expect(votes).toHaveLength(written.length);
    for (const [n, token] of written.entries()) {
      const before = [1, 2, 3, 4, ...written.slice(0, n)];
      const own = members.map(
        (member) => member.generate({ ...greedy, newTokens: 1, prompts: [before] })[0]?.tokens[0] ?? -1,
      );
      expect(countVotes(own)).toEqual({ token, radius: votes[n]?.radius });
    }
    expect(new Set(members.map((member) => member.generate(greedy)[0]?.tokens.join(' '))).size).toBe(3);
  });

  it('has the mean of log probabilities, which sums to one, as it has losses', () => {
    const members = models();
    const ensemble = createEnsemble(members, { combination: 'log-mean' });
    const next = ensemble.nextTokenProbabilities([[1, 2, 3]])[0] as Float32Array;
    const each = members.map((member) => member.nextTokenProbabilities([[1, 2, 3]])[0] as Float32Array);
    const products = Array.from({ length: V }, (_, j) =>
      Math.cbrt(each.reduce((product, own) => product * (own[j] as number), 1)),
    );
    const sum = products.reduce((total, value) => total + value, 0);
    for (const [j, value] of next.entries()) expect(value).toBeCloseTo((products[j] as number) / sum, 5);
    const loss = ensemble.tokenLossesNats([[1, 2, 3, 9]])[0]?.[2] ?? 0;
    expect(loss).toBeCloseTo(-Math.log(next[9] as number), 4);
  });

  it('of weights is one model with their mean', () => {
    const members = models();
    const weights = meanWeights(members.map((member) => member.getWeights()));
    for (const [name, values] of weights)
      expect(values[0]).toBeCloseTo(
        members.reduce((sum, own) => sum + (own.getWeights().get(name)?.[0] ?? 0), 0) / 3,
        6,
      );
  });

  it('is not steered', () => {
    const ensemble = createEnsemble(models(), { combination: 'votes' });
    expect(() => ensemble.generate({ ...request, steer: () => {} })).toThrow('not steered');
  });
});
