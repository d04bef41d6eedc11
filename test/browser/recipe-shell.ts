// Trains runs in the shell of JavaScriptCore: `jsc bundle.js -- <order.json> <kernels.wasm>`. Prints the runs as JSON.
import './shell-globals.ts';
import { trainRuns } from './train-runs.ts';

declare function readFile(path: string): string;
declare function readFile(path: string, kind: 'binary'): Uint8Array<ArrayBuffer>;
declare function print(line: string): void;

const [order = '', kernels = ''] = (globalThis as unknown as { arguments: readonly string[] }).arguments;
trainRuns({ ...JSON.parse(readFile(order)), kernels: readFile(kernels, 'binary') }).then(
  (runs) => print(JSON.stringify({ runs })),
  (error: unknown) =>
    print(JSON.stringify({ failed: error instanceof Error ? `${error}\n${error.stack}` : String(error) })),
);
