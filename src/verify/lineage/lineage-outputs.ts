// What stands beside a run's result: the code that made it, its config and contracts, its weights and measurements.
import type { RunConfig } from '../../config/schema/schema.ts';
import { readText } from '../../core/node/read-file.ts';
import { hashFile } from '../../core/node/sha256.ts';
import { loadModel } from '../../model/node/save-model.ts';
import { outputPath } from '../../run/execute/provenance.ts';
import { hashTensors } from '../../run/execute/trace.ts';
import type { RunRecord } from '../../run/record.ts';
import type { StoredProvenance } from '../../run/schemas/run-file-schemas.ts';
import { readTrace } from '../../run/store/read-run-file.ts';
import { runFile } from '../../run/store/store.ts';
import { impliedIdentity } from '../results-folder.ts';
import { held, type Link } from './lineage-link.ts';

/** The code and the kernels, as recorded. */
export function codeLinks(provenance: StoredProvenance | null): Link[] {
  const code = provenance?.code;
  if (provenance === null || code === undefined)
    return [{ what: 'code', detail: 'not recorded', hash: null, check: 'unknown' }];
  const { version, git, node, kernels } = code;
  const state = git === null ? 'no git clone' : `git ${git.commit}${git.isClean ? '' : ', with changes'}`;
  return [
    {
      what: 'code',
      detail: `tinypoison ${version}, ${state}, Node ${node}`,
      hash: null,
      check: 'unknown',
      links: [
        {
          what: 'engine',
          detail: `${provenance.engine}${kernels === null ? '' : ` (${kernels.file})`}`,
          hash: kernels?.sha256 ?? null,
          check: 'unknown',
        },
      ],
    },
  ];
}

/** The weights in the store against the record, and against the last line of the trace. */
export function weightsLink(store: string, { id, weightsHash, status }: RunRecord): Link {
  const found = hashFile(outputPath(store, id, 'weights'));
  const base = { what: 'weights', detail: 'model.safetensors', hash: weightsHash };
  if (weightsHash === null) return { ...base, detail: `none: ${status}`, check: 'unknown' };
  const check = held(weightsHash, found, { missing: 'they were not kept' });
  const last = readTrace(store, id)?.at(-1);
  if (check.check !== 'matches' || last === undefined) return { ...base, ...check };
  const tensors = hashTensors(loadModel(runFile(store, id, 'weights')).weights);
  const other = Object.keys(tensors).find((name) => tensors[name] !== last.tensors[name]);
  return other === undefined
    ? { ...base, ...check }
    : { ...base, check: 'MISMATCH', note: `the trace of the run ends with another ${other}` };
}

/** The measurements in the store against those of the result. */
export function metricsLink(store: string, { id, checkpoints }: RunRecord): Link {
  const path = runFile(store, id, 'metrics');
  const base = { what: 'measurements', detail: `${checkpoints.length} checkpoints`, hash: hashFile(path) };
  if (base.hash === null) return { ...base, check: 'unknown', note: 'metrics.jsonl is not there' };
  const lines = readText(path).split('\n').filter(Boolean);
  const isSame = lines.join('\n') === checkpoints.map((checkpoint) => JSON.stringify(checkpoint)).join('\n');
  return isSame
    ? { ...base, check: 'matches' }
    : { ...base, check: 'MISMATCH', note: 'metrics.jsonl is not what the result has' };
}

/** Whether config and contracts give the id, and the stored config is that of the result. */
export function identityLink(record: RunRecord, typed: { readonly resolved?: RunConfig } | null): Link {
  const implied = impliedIdentity(record);
  const { trainingHash, evaluationHash } = record.contracts;
  const resolved = typed?.resolved;
  return {
    what: 'config and contracts',
    detail: `give the run its id; training ${String(trainingHash).slice(0, 16)}…, evaluation ${String(evaluationHash).slice(0, 16)}…`,
    hash: record.id,
    ...(resolved !== undefined && impliedIdentity({ ...record, config: resolved }) !== record.id
      ? { check: 'MISMATCH' as const, note: 'config.json is not the config of the result' }
      : held(record.id, implied, { missing: '' })),
  };
}
