// The 256-bit secret from which the salts and pseudonyms of every published bundle derive. Whoever has it can open
// every withheld cell whose value they guess; who loses it cannot open one for an auditor any more.
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import { z } from 'zod';
import { TocsinError } from '../../ground/errors.ts';
import { keyFiles, readSecret, writeSecret } from './folder.ts';

const secretBytes = 32;
// OWASP's advice for scrypt: 128 MiB and about half a second an attempt.
const scrypt = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`));
const fileSchema = z.discriminatedUnion('protection', [
  z.strictObject({
    format: z.literal('tocsin-publication-secret/1'),
    protection: z.literal('none'),
    secret: hex(32),
  }),
  z.strictObject({
    format: z.literal('tocsin-publication-secret/1'),
    protection: z.literal('scrypt-aes-256-gcm'),
    salt: hex(16),
    nonce: hex(12),
    secret: hex(48),
  }),
]);

/** Makes a new secret and writes it, sealed with the passphrase when there is one. */
export function writePublicationSecret(dir: string, passphrase: string | null): void {
  const secret = randomBytes(secretBytes);
  const format = 'tocsin-publication-secret/1';
  let file: z.infer<typeof fileSchema> = { format, protection: 'none', secret: secret.toString('hex') };
  if (passphrase !== null) {
    const salt = randomBytes(16);
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', scryptSync(passphrase, salt, 32, scrypt), nonce);
    const sealed = Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
    file = {
      format,
      protection: 'scrypt-aes-256-gcm',
      salt: salt.toString('hex'),
      nonce: nonce.toString('hex'),
      secret: sealed.toString('hex'),
    };
  }
  writeSecret(keyFiles.publicationSecret(dir), `${JSON.stringify(file)}\n`);
}

/**
 * The publication secret of a keys folder, 32 bytes. `passphrase` is needed when the folder was made with one.
 * @throws TocsinError keys-unusable when it is missing, open to others, damaged, or the passphrase is wrong.
 */
export function loadPublicationSecret(dir: string, passphrase: string | null = null): Uint8Array {
  const unusable = (detail: string, cause?: unknown) =>
    new TocsinError('keys-unusable', { path: dir, detail }, cause);
  const content = readSecret(dir, keyFiles.publicationSecret(dir)).toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw unusable('private/publication-secret.json is damaged', error);
  }
  const file = fileSchema.safeParse(json);
  if (!file.success) throw unusable('private/publication-secret.json is damaged', file.error);
  if (file.data.protection === 'none') return Uint8Array.from(Buffer.from(file.data.secret, 'hex'));
  if (passphrase === null) throw unusable('a passphrase is needed (--passphrase-file)');
  const sealed = Buffer.from(file.data.secret, 'hex');
  const key = scryptSync(passphrase, Buffer.from(file.data.salt, 'hex'), 32, scrypt);
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(file.data.nonce, 'hex'), {
    authTagLength: 16,
  });
  decipher.setAuthTag(sealed.subarray(secretBytes));
  try {
    return Uint8Array.from(
      Buffer.concat([decipher.update(sealed.subarray(0, secretBytes)), decipher.final()]),
    );
  } catch (error) {
    throw unusable('the passphrase does not open private/publication-secret.json', error);
  }
}
