// The SHA-256 of so many megabytes of zeros; fails where another is expected.
import { createHash } from 'node:crypto';
import { input, inSteps, report } from './program.js';

const megabyte = Buffer.alloc(1024 * 1024);
const hash = createHash('sha256');

await inSteps(input.megabytes, () => hash.update(megabyte));

const sha256 = hash.digest('hex');
if (input.expected && input.expected !== sha256) {
  console.error(`the hash is ${sha256}, and not ${input.expected}`);
  process.exitCode = 1;
} else {
  report({ result: { megabytes: input.megabytes, sha256 } });
}
