// A page's worker that trains runs.
import { type RunOrder, trainRuns } from './train-runs.ts';

// A page is not told what the policy forbids its workers.
const forbidden: string[] = [];
self.addEventListener('securitypolicyviolation', ({ violatedDirective }) =>
  forbidden.push(violatedDirective),
);

self.onmessage = ({ data }: MessageEvent<RunOrder>) => {
  trainRuns(data).then(
    (runs) =>
      postMessage(forbidden.length === 0 ? { runs } : { failed: `the policy: ${forbidden.join(', ')}` }),
    (error: unknown) => postMessage({ failed: error instanceof Error ? error.stack : String(error) }),
  );
};
