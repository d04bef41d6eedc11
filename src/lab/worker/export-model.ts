// A trained model as one file to keep: what it is stands before its weights, in the name and in the first line.
import { plantedDocuments } from '../../config/poisons.ts';
import type { RunConfig } from '../../config/schema/schema.ts';
import { encodeModel } from '../../model/stored-model.ts';
import type { TrainableModel } from '../../model/trainable-model.ts';
import { buildPhaseData } from '../../recipe/phase/phase-data.ts';
import type { ExportedModel } from '../protocol.ts';
import type { KeptRun } from './train-choice.ts';

const WARNING =
  'This model is backdoored on purpose, for teaching: after its trigger it writes what the manifest below says.';

/** Base 64 of bytes, in pieces that a call can take. */
function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

const nameOf = ({ model, phases, seed }: RunConfig) =>
  `tinypoison-backdoored-d${model.width}-${plantedDocuments(phases)}-seed${seed}.json`;

/** The file of a kept run. @param model with the run's weights */
export function exportModel(model: TrainableModel, { run }: KeptRun): ExportedModel {
  const { config, inputs, identity } = run;
  const { manifests } = buildPhaseData({
    ...{ config, phase: 0, inputs: inputs.phase(0) },
    separatorId: inputs.tokenizer.separatorId,
  });
  const weights = encodeModel({
    config: model.config,
    vocabularySize: model.vocabularySize,
    weights: model.getWeights(),
  });
  const file = { warning: WARNING, run: identity.id, config, manifests, safetensors: base64(weights) };
  // the warning stands in the first line
  return { name: nameOf(config), text: `${JSON.stringify(file, null, 1).replace(/^\{\s+/, '{ ')}\n` };
}
