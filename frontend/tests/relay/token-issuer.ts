import { generateKeyPairSync, sign } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The rights that a token grants (PROTOCOL.md, "Access"). */
export interface Rights {
  readonly role: 'read' | 'command' | 'admin';
  readonly projects?: '*' | readonly string[];
  readonly commands?: '*' | readonly string[];
  readonly executions?: '*' | readonly string[];
}

/** Issues tokens, and keeps the public key in a file that a relay reads. */
export class TokenIssuer {
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly file = join(tmpdir(), `cecelia-keys-${process.pid}-${Math.random().toString(36).slice(2)}.json`);

  constructor() {
    const key = { ...this.#keys.publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' };
    writeFileSync(this.file, JSON.stringify({ keys: [key] }));
  }

  /** The settings of a relay that requires a token of this issuer. */
  get settings(): NodeJS.ProcessEnv {
    return { CECELIA_JWT_KEYS: this.file, CECELIA_JWT_ISSUER: 'https://issuer.example', CECELIA_JWT_CLOCK_SKEW_SECONDS: '0' };
  }

  /** Issues a token that is valid for a number of seconds. */
  issue(rights: Rights, seconds = 3600, claims: object = {}): string {
    const cecelia = { projects: '*', executions: '*', events: '*', commands: '*', shared: true, ...rights };
    const now = Math.floor(Date.now() / 1000);
    const payload = { iss: 'https://issuer.example', aud: 'cecelia', sub: 'ada', exp: now + seconds, cecelia, ...claims };
    const text = [{ alg: 'RS256', typ: 'JWT', kid: 'k1' }, payload]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    return `${text}.${sign('sha256', Buffer.from(text), this.#keys.privateKey).toString('base64url')}`;
  }

  /** Removes the file. */
  dispose(): void {
    rmSync(this.file, { force: true });
  }
}
