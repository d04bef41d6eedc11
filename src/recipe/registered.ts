// Attacks and defences that exist, as the loader of experiments needs them.
import { defenceSchemas } from '../defend/registry.ts';
import { attackSchemas } from '../poison/attack-schemas.ts';

export const registered = { attacks: attackSchemas, defences: defenceSchemas };
