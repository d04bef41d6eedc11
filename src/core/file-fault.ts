// What the file system says of a path, in words a person can act on.

/** An error of the file system about a path. */
export interface FileFault {
  /** What is wrong with which path, and what to do where that is not plain. */
  readonly message: string;
  /** True where another path, or another kind of file there, would do. */
  readonly isPath: boolean;
  /** True where nothing can be written any more, whatever the path: a full disk, a used-up quota, a failing device. */
  readonly stopsWriting: boolean;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of it is a file, not a folder',
  EEXIST: 'it is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open in this process; raise `ulimit -n`',
  ENFILE: 'too many files are open on this machine',
  EBUSY: 'another program is using it',
  ETXTBSY: 'another program is using it',
  ESTALE: 'its handle is stale: the network file system lost it; look at the mount',
};

/** Codes that say that the path is wrong: another one would do. */
const PATH_CODES = ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENAMETOOLONG', 'ELOOP'];

const WRITE_REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room',
  EDQUOT: 'the quota is used up; make room',
  EIO: 'the disk reports an error; check it',
  EROFS: 'the file system is read-only; make it writable, or name another folder',
};

/** Errors of Linux that Node has no name for. */
const UNNAMED: Readonly<Record<number, string>> = { [-116]: 'ESTALE', [-122]: 'EDQUOT' };

const codeOf = ({ errno = 0, code = '' }: NodeJS.ErrnoException): string => UNNAMED[errno] ?? code;

/** Why a file cannot be used, in words; undefined for errors of an unknown kind. */
export function faultReason(error: unknown): string | undefined {
  const code = codeOf(error as NodeJS.ErrnoException);
  return REASONS[code] ?? WRITE_REASONS[code];
}

/**
 * Whether an error is the file system's or the machine's: no doing of what was computed, and perhaps gone the next
 * time.
 */
export function isEnvironmentFault(error: unknown): boolean {
  const { errno, syscall } = error as NodeJS.ErrnoException;
  return error instanceof Error && typeof errno === 'number' && typeof syscall === 'string';
}

/**
 * The fault that an error stands for; undefined for errors that are not the file system's, or of an unknown kind. Some
 * calls, as that which closes a file, do not say of which.
 */
export function fileFault(error: unknown): FileFault | undefined {
  const { syscall, path = `a file (${syscall})` } = error as NodeJS.ErrnoException;
  if (!(error instanceof Error) || syscall === undefined) return undefined;
  const code = codeOf(error as NodeJS.ErrnoException);
  const isKnown = Object.hasOwn(WRITE_REASONS, code) || Object.hasOwn(REASONS, code);
  if (!isKnown && (error as NodeJS.ErrnoException).path === undefined) return undefined;
  const writing = WRITE_REASONS[code];
  if (writing !== undefined) {
    const message = `${path} cannot be written: ${writing}. The same command then goes on`;
    return { message, isPath: code === 'EROFS', stopsWriting: true };
  }
  const reason = REASONS[code];
  const message = reason === undefined ? error.message : `${path} cannot be used: ${reason}`;
  return { message, isPath: PATH_CODES.includes(code), stopsWriting: false };
}
