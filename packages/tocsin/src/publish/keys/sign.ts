// Signs statements: an in-toto Statement in a DSSE envelope, by the publisher's current statement key.
import {
  formatEnvelope,
  formatStatement,
  preAuthenticationEncoding,
  type Statement,
  statementPayloadType,
} from '@tocsin/verify';
import { type KeyRing, signerFor } from './key-ring.ts';

/** The envelope of a statement, as one line of JSON. @throws TocsinError keys-unusable */
export function signStatement(statement: Statement, keys: KeyRing): string {
  return signPayload(formatStatement(statement), statementPayloadType, keys);
}

/** The envelope of any payload, of the type given. @throws TocsinError keys-unusable */
export function signPayload(payload: Uint8Array, payloadType: string, keys: KeyRing): string {
  const signer = signerFor(keys, 'statement');
  const signature = signer.sign(preAuthenticationEncoding(payloadType, payload));
  return formatEnvelope({ payloadType, payload, signatures: [{ keyId: signer.id, signature }] });
}
