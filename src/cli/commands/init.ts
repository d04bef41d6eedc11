// `tinypoison init`: a commented experiment to start from.
import { existsSync } from 'node:fs';
import { basename, dirname, extname, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { commentedConfig } from '../../config/yaml/commented-config.ts';
import { InputError } from '../../core/errors.ts';
import { writeFileAtomic } from '../../core/node/atomic-file.ts';
import { absolutePath, type CommandContext, ExitCode, print, printJson } from '../command-context.ts';

/** A name for the experiment, from its file: the folder's for `experiment.yaml`. */
function nameFrom(path: string): string | undefined {
  const stem = basename(path, extname(path));
  const base = stem === 'experiment' ? basename(dirname(path)) : stem;
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 80);
  return name === '' ? undefined : name;
}

/** Writes a commented experiment. @throws InputError if the file is there and `force` is not given. */
export function init(
  file: string,
  options: { force?: boolean; json?: boolean },
  context: CommandContext,
): number {
  const path = absolutePath(file, context);
  if (existsSync(path) && !options.force) {
    throw new InputError({
      file,
      message: 'is there already: name another file, or give --force to replace it',
    });
  }
  const name = nameFrom(path);
  // Editors with a YAML language server complete and check by it.
  const schema = relative(
    dirname(path),
    fileURLToPath(new URL('../../../configs/schema.json', import.meta.url)),
  );
  const header = `# yaml-language-server: $schema=${schema.split(sep).join('/')}\n`;
  writeFileAtomic(path, header + (name === undefined ? commentedConfig() : commentedConfig(name)));
  if (options.json) printJson(context, { file: path });
  else {
    print(
      context,
      `Wrote ${file}. Its comments explain every line.`,
      `  tinypoison plan ${file}    shows what it would run`,
      `  tinypoison run ${file}     runs it`,
    );
  }
  return ExitCode.done;
}
