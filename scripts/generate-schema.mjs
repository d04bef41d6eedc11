// Writes configs/schema.json, from which editors complete the YAML of an experiment. Run after a build.
import { writeFileSync } from 'node:fs';
import { generateJsonSchema } from '../dist/config/schema/json-schema.js';
import { defenceSchemas } from '../dist/defend/registry.js';
import { attackSchemas } from '../dist/poison/attack-schemas.js';

const file = new URL('../configs/schema.json', import.meta.url);
writeFileSync(file, `${JSON.stringify(generateJsonSchema(attackSchemas, defenceSchemas), null, 2)}\n`);
