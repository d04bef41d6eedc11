// A small YAML file that is no experiment, read by its schema.
import { dirname } from 'node:path';
import type { z } from 'zod';
import { InputError } from '../../core/errors.ts';
import { faultReason } from '../../core/file-fault.ts';
import { readText } from '../../core/node/read-file.ts';
import { describeIssue } from '../yaml/describe-issue.ts';
import { toPlain } from '../yaml/located.ts';
import { parseYaml } from '../yaml/parse-yaml.ts';

/** @throws InputError with all problems of the file, each with its line */
export function readYamlFile<Schema extends z.ZodType>(file: string, schema: Schema): z.infer<Schema> {
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    throw new InputError({
      file,
      message: `cannot be read: ${faultReason(error) ?? (error as Error).message}`,
    });
  }
  const { root, problems } = parseYaml(text, { file, folder: dirname(file), lines: true });
  if (root === undefined || problems.length > 0) throw new InputError(problems);
  const { success, data, error } = schema.safeParse(toPlain(root));
  if (success) return data;
  throw new InputError(error.issues.flatMap((issue) => describeIssue(issue, root, schema)));
}
