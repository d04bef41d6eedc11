// A worker process: does the runs it is sent, one after the other, and dies with the process that sent them.
import { createRunner } from '../execute/execute-run.ts';
import { serveRuns } from './serve-runs.ts';

serveRuns(createRunner());
