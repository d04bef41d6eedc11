// What a test has to tell its reader: past the console, which fails tests.

/** Prints a line. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
