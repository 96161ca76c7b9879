// Counts the primes up to a limit, with the sieve of Eratosthenes, a stretch of numbers at a time.
import { input, inSteps, report } from './program.js';

const STRETCH = 100_000;

const root = Math.floor(Math.sqrt(input.limit));
const small = sieve(2, root, []);
let count = 0;
let largest = null;

await inSteps(Math.ceil((input.limit - 1) / STRETCH), (step) => {
  const from = 2 + step * STRETCH;
  for (const prime of sieve(from, Math.min(from + STRETCH - 1, input.limit), small)) {
    count++;
    largest = prime;
  }
});

report({ result: { limit: input.limit, primes: count, largest } });

/** The primes from `from` to `to`, given those up to the root of `to`; none given: it finds those itself. */
function sieve(from, to, known) {
  const composite = new Uint8Array(Math.max(0, to - from + 1));
  const primes = [];
  for (const prime of known) {
    for (let n = Math.max(prime * prime, Math.ceil(from / prime) * prime); n <= to; n += prime) composite[n - from] = 1;
  }
  for (let n = from; n <= to; n++) {
    if (composite[n - from]) continue;
    primes.push(n);
    for (let multiple = n * n; known.length === 0 && multiple <= to; multiple += n) composite[multiple - from] = 1;
  }
  return primes;
}
