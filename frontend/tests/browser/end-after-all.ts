import { afterAll } from 'vitest';

/** Registers resources to dispose after all tests of the file, newest first. Resources are disposed even if the setup of a later one fails. */
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
