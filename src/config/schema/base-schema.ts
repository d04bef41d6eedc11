// Where training starts, when it does not start from scratch.
import { z } from 'zod';

/** As records hold it: without its path, since the weights have a hash of their own. */
export const storedBaseSchema = z.strictObject({
  run: z
    .string()
    .min(1)
    .optional()
    .describe('A finished run of the store, by its id (or its first digits): its final weights.'),
  path: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of a model that this program saved (model.safetensors, config.json; vocabulary.json there or one folder up).',
    ),
});

export const baseSchema = storedBaseSchema
  .refine(({ run, path }) => (run === undefined) !== (path === undefined), {
    message: 'needs either run (the id of a stored run) or path (the folder of a saved model)',
  })
  .describe(
    'Weights that the first phase starts from (default: from scratch). The corpus and the tokenizer of the experiment have ' +
      'to give the vocabulary of that model. The optimizer starts afresh, as it does in every phase.',
  );

export type BaseConfig = z.infer<typeof storedBaseSchema>;
