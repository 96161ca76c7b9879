// A workflow of four nodes that answers a prompt word by word, as a language model would: plan, then facts and style side by side, then answer.
// With `ask` it waits for user input before it answers, and answers later input until the queue is empty.
import { setTimeout as delay } from 'node:timers/promises';
import { input, listen, report } from './program.js';

const WORD_MS = 30;
const FACTS = [
  'It has',
  (prompt) => `${prompt.length} characters`,
  'and',
  (prompt) => `${wordsOf(prompt).length} words,`,
  'the longest of which is',
  longestOf,
];
const STYLE = ['Plain', 'words,', 'short', 'sentences.'];

const said = [];
let wake = () => {};
listen(({ say }) => {
  if (typeof say === 'string') said.push(say);
  wake();
});

const usage = { prompt_tokens: wordsOf(input.prompt).length, completion_tokens: 0, total_tokens: 0 };

report({ plan: ['plan', 'facts', 'style', 'answer'], progress: 0, message: 'planning' });
await node('plan', () => stream('plan', ['First', 'the', 'facts,', 'then', 'the', 'answer.']));
report({ parallel: ['facts', 'style'], progress: 25 });
await Promise.all([
  node('facts', () =>
    stream(
      'facts',
      FACTS.map((part) => (typeof part === 'string' ? part : part(input.prompt))),
    ),
  ),
  node('style', () => stream('style', STYLE)),
]);
report({ progress: 50, message: 'answering' });
if (input.ask) await ask();
const prompts = [input.prompt];
await node('answer', async () => {
  do {
    prompts.push(...said.splice(0));
    for (const prompt of prompts.splice(0)) await stream('answer', ['You', 'said:', ...wordsOf(prompt)]);
  } while (said.length > 0);
});
report({ result: { tokens: usage.completion_tokens } });

async function node(name, work) {
  report({ node: name, state: 'running' });
  const before = usage.completion_tokens;
  await work();
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
  report({ node: name, usage: { completion_tokens: usage.completion_tokens - before } });
  report({ usage });
  report({ node: name, state: 'completed' });
}

async function stream(name, words) {
  for (const word of words) {
    await delay(WORD_MS);
    usage.completion_tokens++;
    report({ node: name, token: `${word} ` });
  }
}

/** Waits for the first user input. The timer keeps the process alive; stdin is unref'd. */
async function ask() {
  report({ node: 'answer', state: 'waiting', message: 'waiting for the user' });
  const hold = setInterval(() => {}, 60_000);
  while (said.length === 0) await new Promise((resolve) => (wake = resolve));
  clearInterval(hold);
}

function wordsOf(text) {
  return text.split(/\s+/).filter(Boolean);
}

function longestOf(prompt) {
  return wordsOf(prompt).reduce((longest, word) => (word.length > longest.length ? word : longest), '');
}
