import { readFileSync } from 'node:fs';

const FILE_BYTES = 16_384; // The relay has the same limit.

/**
 * Reads a variable, or the one line in the file of `NAME_FILE`, as Docker and Kubernetes mount secrets. Returns an empty text if neither is set.
 * @param {NodeJS.ProcessEnv} env
 * @param {string} name
 * @throws {Error} Both are set, or the file has no such line. The message does not contain the secret.
 */
export function readSecret(env, name) {
  const file = env[`${name}_FILE`];
  if (!file) return env[name] ?? '';
  if (env[name]) throw new Error(`${name} and ${name}_FILE are both set; give one of them`);
  const text = read(`${name}_FILE`, file).replace(/[\r\n]+$/, '');
  if (text === '' || /[\u0000-\u001f\u007f]/.test(text) || text.length > FILE_BYTES)
    throw new Error(`${name}_FILE names the file ${file}, which is not one line of text`);
  return text;
}

/** @param {string} name @param {string} file */
function read(name, file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`${name} names the file ${file}, which cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}
