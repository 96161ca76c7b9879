// Counts the words of a text, which it makes up as it goes, always the same.
import { input, inSteps, report } from './program.js';

const WORDS =
  'time person year way day thing man world life hand part child eye woman place work week case point company number group problem fact'.split(
    ' ',
  );
const WORDS_IN_A_STEP = 20_000;

const counts = new Map();
let random = 1;

function nextWord() {
  random = (random * 48_271) % 2_147_483_647; // Lehmer's generator.
  // The square of it: a few words are frequent and most are rare, as in any text.
  return WORDS[Math.floor((random / 2_147_483_647) ** 2 * WORDS.length)];
}

await inSteps(Math.ceil(input.words / WORDS_IN_A_STEP), (step) => {
  const length = Math.min(WORDS_IN_A_STEP, input.words - step * WORDS_IN_A_STEP);
  const text = Array.from({ length }, nextWord).join(' ');
  for (const [word] of text.matchAll(/\w+/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
});

const frequent = [...counts].sort(([, a], [, b]) => b - a).slice(0, 5);
report({ result: { words: input.words, different: counts.size, frequent: Object.fromEntries(frequent) } });
