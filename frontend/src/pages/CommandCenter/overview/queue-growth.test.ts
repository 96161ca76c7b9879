import { expect, it } from 'vitest';
import { QueueGrowth } from './queue-growth';

const none = { grownFrom: null, grownSince: null };

it('has grown if it has doubled within the last minutes', () => {
  const growth = new QueueGrowth();
  expect(growth.grown(100)).toEqual(none);
  growth.add(0, 10);
  growth.add(5000, 400); // Less than ten seconds after the previous one.
  expect(growth.grown(100)).toEqual(none);
  growth.add(60_000, 15);
  expect(growth.grown(25)).toEqual({ grownFrom: 10, grownSince: 0 });
  expect([growth.grown(19), growth.grown(10)]).toEqual([none, none]);
  growth.add(301_000, 30);
  expect(growth.grown(40)).toEqual({ grownFrom: 15, grownSince: 60_000 });
});

it('does not report a few tasks', () => {
  const growth = new QueueGrowth();
  growth.add(0, 0);
  growth.add(70_000, 5);
  expect([growth.grown(9), growth.grown(10)]).toEqual([none, { grownFrom: 0, grownSince: 0 }]);
});
