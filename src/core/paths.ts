// Paths as text: what a program without a file system needs of them.

/** How paths are written. `node:path` has this shape for its system. */
export interface PathSyntax {
  isAbsolute(path: string): boolean;
  /** The parts joined, `.` and `..` taken out. */
  join(...parts: string[]): string;
  /** The same as an absolute path; later absolute parts replace what stands before them. */
  resolve(...parts: string[]): string;
  dirname(path: string): string;
  /** The last part, without `ending` if it ends so. */
  basename(path: string, ending?: string): string;
  /** From the last dot of the last part on; empty without one, and where the part begins with it. */
  extname(path: string): string;
}

/** From the last dot on, unless the name begins with it. */
function endingOf(name: string): string {
  return name === '..' ? '' : (/.(\.[^.]*)$/.exec(name)?.[1] ?? '');
}

function lastPart(path: string): string {
  return path.replace(/\/+$/, '').split('/').at(-1) ?? '';
}

/** The ending of a file's name, with its dot; slashes of both kinds separate parts. */
export function extensionOf(path: string): string {
  return endingOf(lastPart(path.replaceAll('\\', '/')));
}

function normalise(path: string): string {
  const isAbsolute = path.startsWith('/');
  const kept: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== '..') kept.pop();
    else if (!isAbsolute) kept.push(part);
  }
  return isAbsolute ? `/${kept.join('/')}` : kept.join('/') || '.';
}

function directoryOf(path: string): string {
  const last = path.replace(/(?<=.)\/+$/, '').lastIndexOf('/');
  return last > 0 ? path.slice(0, last) : last === 0 ? '/' : '.';
}

/** POSIX paths where the current folder is the root: for programs that have no folders. */
export const posixPaths: PathSyntax = {
  isAbsolute: (path) => path.startsWith('/'),
  join: (...parts) => normalise(parts.filter((part) => part !== '').join('/')),
  resolve: (...parts) => {
    const from = parts.findLastIndex((part) => part.startsWith('/'));
    return normalise(`/${parts.slice(Math.max(0, from)).join('/')}`);
  },
  dirname: directoryOf,
  basename: (path, ending = '') => {
    const name = lastPart(path);
    return ending !== '' && name !== ending && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
  },
  extname: (path) => endingOf(lastPart(path)),
};
