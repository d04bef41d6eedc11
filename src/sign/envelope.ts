// DSSE: a payload, its type, and signatures over both.
// @see https://github.com/secure-systems-lab/dsse (protocol.md, envelope.md)
import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { keyId } from './keys.ts';

/** What an in-toto statement in an envelope is called. */
export const IN_TOTO_PAYLOAD = 'application/vnd.in-toto+json';
export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';

export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid?: string; readonly sig: string }[];
}

export const envelopeSchema = z.looseObject({
  payloadType: z.string().max(200),
  payload: z.base64().max(50_000_000),
  signatures: z
    .array(z.looseObject({ keyid: z.string().max(200).exactOptional(), sig: z.base64().max(1000) }))
    .min(1)
    .max(20),
}) satisfies z.ZodType<Envelope>;

/** What is signed: `DSSEv1`, then type and payload, each after its length in bytes. */
export function preAuthenticationEncoding(type: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head, 'utf8'), payload]);
}

/** A statement, signed: ECDSA over SHA-256, in DER. */
export function signStatement(statement: object, key: KeyObject): Envelope {
  const payload = Buffer.from(JSON.stringify(statement), 'utf8');
  const signature = sign('sha256', preAuthenticationEncoding(IN_TOTO_PAYLOAD, payload), key);
  return {
    payloadType: IN_TOTO_PAYLOAD,
    payload: payload.toString('base64'),
    signatures: [{ keyid: keyId(key), sig: signature.toString('base64') }],
  };
}

/** Whether one of an envelope's signatures is of a key, over its payload as it stands. */
export function isSignedBy({ payloadType, payload, signatures }: Envelope, key: KeyObject): boolean {
  const signed = preAuthenticationEncoding(payloadType, Buffer.from(payload, 'base64'));
  return signatures.some(({ sig }) => verify('sha256', signed, key, Buffer.from(sig, 'base64')));
}
