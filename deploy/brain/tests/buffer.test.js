import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBuffer } from '../buffer.js';

const ROOM = { maxEvents: 1000, maxBytes: 1_000_000 };

test('events are taken in the order of their numbers, steps and others together', () => {
  const buffer = createBuffer(ROOM);
  for (let seq = 1; seq <= 10; seq++) buffer.add(waiting(seq, seq % 3 === 0));

  assert.deepEqual(seqs(buffer.take(4, 1_000_000)), [1, 2, 3, 4]);
  buffer.remove(4);
  assert.deepEqual(drain(buffer), [5, 6, 7, 8, 9, 10]);
  assert.deepEqual([buffer.length, buffer.bytes], [0, 0]);
});

test('full buffer drops the oldest steps first, then the oldest others', () => {
  const buffer = createBuffer({ ...ROOM, maxEvents: 5 });
  const gone = [];
  // The first is at the front and is never dropped.
  for (const [seq, isStep] of [
    [1, true],
    [2, false],
    [3, true],
    [4, false],
    [5, true],
    [6, false],
    [7, false],
    [8, false],
    [9, true],
  ]) {
    gone.push(...seqs(buffer.add(waiting(seq, isStep))));
  }

  assert.deepEqual(gone, [3, 5, 2, 9]);
  assert.deepEqual(drain(buffer), [1, 4, 6, 7, 8]);
});

test('buffer is bounded in bytes as in events', () => {
  const buffer = createBuffer({ ...ROOM, maxBytes: 100 });
  for (let seq = 1; seq <= 3; seq++) assert.deepEqual(buffer.add(waiting(seq, false, 30)), []);

  assert.deepEqual(seqs(buffer.add(waiting(4, false, 65))), [2, 3]);
  assert.deepEqual([buffer.length, buffer.bytes], [2, 95]);
});

test('events that are being published are not dropped', () => {
  const buffer = createBuffer({ ...ROOM, maxEvents: 4 });
  for (let seq = 1; seq <= 4; seq++) buffer.add(waiting(seq, true));
  const underWay = buffer.take(3, 1_000_000);

  for (let seq = 5; seq <= 20; seq++) buffer.add(waiting(seq, false));

  assert.deepEqual(seqs(underWay), [1, 2, 3]);
  assert.deepEqual(drain(buffer), [1, 2, 3, 20]);
});

test('front is returned again until it is removed, at least one event of any size', () => {
  const buffer = createBuffer(ROOM);
  for (let seq = 1; seq <= 3; seq++) buffer.add(waiting(seq, false, 100));

  assert.deepEqual(seqs(buffer.take(10, 50)), [1]);
  assert.deepEqual(seqs(buffer.take(10, 250)), [1, 2]);
  assert.deepEqual(seqs(buffer.take(1, 250)), [1]);
  buffer.remove(1);
  assert.deepEqual(seqs(buffer.take(10, 250)), [2, 3]);
});

test('random operations keep the bounds and the order and lose nothing', () => {
  let random = 7;
  const below = (limit) => (random = (random * 48_271) % 2_147_483_647) % limit;
  const buffer = createBuffer({ maxEvents: 50, maxBytes: 2000 });
  const out = [];
  let seq = 0;
  for (let turn = 0; turn < 20_000; turn++) {
    if (below(3) > 0) out.push(...seqs(buffer.add(waiting(++seq, below(2) === 0, 1 + below(100)))).map((dropped) => -dropped));
    else if (below(2) > 0) buffer.take(1 + below(10), 300);
    else {
      const batch = buffer.take(1 + below(10), 300);
      out.push(...seqs(batch));
      buffer.remove(batch.length);
    }
    assert.ok(buffer.length <= 50 && buffer.bytes <= 2000, `${buffer.length} events, ${buffer.bytes} bytes`);
  }
  out.push(...drain(buffer));

  const published = out.filter((n) => n > 0);
  assert.deepEqual(
    published,
    published.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    out.map(Math.abs).sort((a, b) => a - b),
    Array.from({ length: seq }, (_, index) => index + 1),
  );
});

function waiting(seq, isStep, bytes = 10) {
  return { seq, isStep, bytes, event: 'x', payload: '' };
}

function drain(buffer) {
  const all = [];
  for (let batch = buffer.take(3, 1_000_000); batch.length > 0; batch = buffer.take(3, 1_000_000)) {
    all.push(...seqs(batch));
    buffer.remove(batch.length);
  }
  return all;
}

function seqs(events) {
  return events.map(({ seq }) => seq);
}
