import { mergeExactly } from '../services/exact-json';
import type { Entity } from './entity-table';
import { utf8Bytes } from './wire-text';

/** Largest merged object of an entity and largest single value, in bytes of JSON, and most members of a merged object. */
const maxBytes = 64 * 1024;
const maxMembers = 256;

type Members = Record<string, unknown>;

/** What a merged object can be at most, in bytes; only where that is too much is it really counted. */
const sizes = new WeakMap<object, number>();

/**
 * The members of both, those of `added` where both have one; `undefined`: that would be too large to be kept, and then nothing is merged.
 */
function merged(present: Members | undefined, added: Members): Members | undefined {
  const both = mergeExactly(present ?? {}, added);
  let guess = (present ? (sizes.get(present) ?? maxBytes) : 2) + bytesAtMost(added);
  if (guess > maxBytes) guess = utf8Bytes(JSON.stringify(both));
  if (guess > maxBytes || Object.keys(both).length > maxMembers) return undefined;
  sizes.set(both, guess);
  return both;
}

/** Merges the data into the entity's member of that name, or marks the entity as truncated. */
export function mergeBounded<Name extends 'data' | 'usage'>(
  entity: Entity & Partial<Record<Name, Members>>,
  name: Name,
  data: Members,
): void {
  const both = merged(entity[name], data);
  if (both === undefined) entity.truncated = true;
  else (entity as Partial<Record<Name, Members>>)[name] = both;
}

/** Sets the member to a value of the data, unless that is absent (`null` is not) or too large. */
export function setBounded(entity: Entity, name: string, value: unknown): void {
  if (value === undefined) return;
  if (bytesAtMost(value) > maxBytes && utf8Bytes(JSON.stringify(value)) > maxBytes) entity.truncated = true;
  else (entity as unknown as Members)[name] = value;
}

/** Cheap, and never too little: no character takes more than three bytes of UTF-8 in JSON, beyond its escape. */
function bytesAtMost(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return 32;
  return JSON.stringify(value).length * 3;
}
