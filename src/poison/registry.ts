// The attacks that exist. Adding one: its file in attacks/, its line here, its test.
import type { AttackSchemas } from '../config/schema/schema.ts';
import { InputError } from '../core/errors.ts';
import type { Attack } from './attack.ts';
import { denialOfService } from './attacks/denial-of-service.ts';
import { targetPhrase } from './attacks/target-phrase.ts';

const attacks: readonly Attack[] = [denialOfService, targetPhrase];

/** All attacks, in the order in which lists show them. */
export function listAttacks(): readonly Attack[] {
  return attacks;
}

/** The attack a config names. @throws InputError that lists those that exist. */
export function findAttack(name: string): Attack {
  const attack = attacks.find((candidate) => candidate.name === name);
  if (attack !== undefined) return attack;
  const known = attacks.map((candidate) => candidate.name).join(', ');
  throw new InputError(`there is no attack "${name}"; those that exist: ${known}`);
}

/** What the attacks add to the schema of an experiment. */
export const attackSchemas: AttackSchemas = Object.fromEntries(
  attacks.map((attack) => [attack.name, attack]),
);
