// A page's worker that trains runs.
import { type RunOrder, trainRuns } from './train-runs.ts';

self.onmessage = ({ data }: MessageEvent<RunOrder>) => {
  trainRuns(data).then(
    (runs) => postMessage({ runs }),
    (error: unknown) => postMessage({ failed: error instanceof Error ? error.stack : String(error) }),
  );
};
