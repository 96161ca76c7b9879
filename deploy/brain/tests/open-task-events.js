import { createTaskEvents } from '../taskEvents.js';

export function open(t, options) {
  const brain = createTaskEvents({ onProblem: () => {}, ...options });
  t.after(() => brain.close({ timeoutMs: 0 }));
  return brain;
}

export function nested(levels) {
  let value = [];
  for (let level = 1; level < levels; level++) value = [value];
  return value;
}

export function numberOf(payload) {
  return JSON.parse(payload).seq;
}

export function withoutRepeats(numbers) {
  let last = 0;
  return numbers.filter((n) => n > last && (last = n));
}

export function count(to) {
  return Array.from({ length: to }, (_, index) => index + 1);
}
