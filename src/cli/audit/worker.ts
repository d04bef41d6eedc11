// A thread that reads for an audit.
import { parentPort } from 'node:worker_threads';
import { InputError } from '../../core/errors.ts';
import { type AuditOrder, AuditReader } from './audit-reader.ts';

const reader = new AuditReader();
parentPort?.on('message', (order: AuditOrder) => {
  try {
    parentPort?.postMessage({ answer: reader.answer(order) });
  } catch (error) {
    const problems = error instanceof InputError ? error.problems : null;
    parentPort?.postMessage({ problems, message: (error as Error).message, stack: (error as Error).stack });
  }
});
