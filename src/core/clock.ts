// The only place that reads the time. Times never enter a hashed or compared file.

/** Milliseconds from an arbitrary start; monotonic. */
export function nowMs(): number {
  return performance.now();
}

/** Milliseconds since 1970, to be held against times of files; another machine's clock may differ. */
export function wallMs(): number {
  return Date.now();
}

/** The current time as ISO 8601 in UTC, for logs. */
export function isoTime(): string {
  return new Date().toISOString();
}

/** The same date always, for formats of files that have to have one. */
export function fixedDate(): Date {
  return new Date(0);
}
