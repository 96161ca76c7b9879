import { afterAll } from 'vitest';

/** Takes what is to be ended when the tests of the file are over, the newest first, also where one that came later could not begin. */
export function endAfterAll(): <Thing>(thing: Thing, end: (thing: Thing) => Promise<unknown>) => Thing {
  const ends: (() => Promise<unknown>)[] = [];
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return (thing, end) => {
    ends.push(() => end(thing));
    return thing;
  };
}
