// A command's world for tests: captured output, a folder of its own.
import type { CommandContext } from '../../src/cli/command-context.ts';
import { runCommandLine } from '../../src/cli/command-line.ts';
import { temporaryFolder } from '../run/fake-runs.ts';

/** What a command line came to. */
export interface Captured {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process. */
export async function commandLine(
  words: readonly string[],
  options: {
    folder?: string;
    userFolder?: string;
    interrupt?: AbortSignal;
    onOut?: (text: string) => void;
  } = {},
): Promise<Captured> {
  let out = '';
  let err = '';
  const context: CommandContext = {
    out: {
      write: (text) => {
        out += text;
        options.onOut?.(text);
      },
      columns: 100,
    },
    err: { write: (text) => (err += text), columns: 100 },
    folder: options.folder ?? temporaryFolder(),
    interrupt: options.interrupt ?? new AbortController().signal,
    live: false,
    color: false,
    verbose: false,
    ...(options.userFolder === undefined ? {} : { userFolder: options.userFolder }),
  };
  const code = await runCommandLine(words, context);
  return { code, out, err };
}
