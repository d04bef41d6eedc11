/** What is answered to a request: a body, and headers by name. */
export interface PageAnswer {
  readonly body: string | Uint8Array;
  readonly [header: string]: string | Uint8Array;
}

export function findChromium(): string | undefined;

export function openPage(options: {
  readonly browser: string;
  readonly answer: (path: string) => PageAnswer;
  readonly timeoutMs: number;
}): Promise<unknown>;
