// Where the program keeps what belongs to a person and to no experiment: which keys signed what they verified.
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * A folder of the user: `$XDG_CONFIG_HOME/tinypoison`, else `~/.config/tinypoison`; on Windows below `%APPDATA%`.
 * @returns undefined where there is no home
 * @see https://specifications.freedesktop.org/basedir-spec/latest/
 */
export function userFolder(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | undefined {
  const named = platform === 'win32' ? environment.APPDATA : environment.XDG_CONFIG_HOME;
  if (named !== undefined && isAbsolute(named)) return join(named, 'tinypoison');
  const home = environment.HOME ?? environment.USERPROFILE ?? homeOrNone();
  return home !== undefined && isAbsolute(home) ? join(home, '.config', 'tinypoison') : undefined;
}

function homeOrNone(): string | undefined {
  try {
    return homedir();
  } catch {
    return undefined;
  }
}
