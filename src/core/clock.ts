// The only place that reads the time. Times never enter a hashed or compared file.

/** Milliseconds from an arbitrary start; monotonic. */
export function nowMs(): number {
  return performance.now();
}

/** Milliseconds since 1970, to be held against times of files; another machine's clock may differ. */
export function wallMs(): number {
  return Date.now();
}

/** A time as ISO 8601 in UTC, for logs and listings. @param ms since 1970; default: now */
export function isoTime(ms: number = Date.now()): string {
  return new Date(ms).toISOString();
}

/** The same date always, for formats of files that have to have one. */
export function fixedDate(): Date {
  return new Date(0);
}
