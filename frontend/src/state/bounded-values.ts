import { mergeExactly } from '../services/exact-json';
import type { Entity } from './entity-table';
import { utf8Bytes } from './wire-text';

/** Maximum size of a merged object of an entity and of a single value, in bytes of JSON, and maximum number of members of a merged object. */
const maxBytes = 64 * 1024;
const maxMembers = 256;

type Members = Record<string, unknown>;

/** Upper bounds of the sizes of merged objects, in bytes; the exact size is only computed if the bound is too large. */
const sizes = new WeakMap<object, number>();

/**
 * Merges the members of both; those of `added` win. `undefined`: the result would be too large, and nothing is merged.
 */
function merged(present: Members | undefined, added: Members): Members | undefined {
  const both = mergeExactly(present ?? {}, added);
  let bound = (present ? (sizes.get(present) ?? maxBytes) : 2) + bytesAtMost(added);
  if (bound > maxBytes) bound = utf8Bytes(JSON.stringify(both));
  if (bound > maxBytes || Object.keys(both).length > maxMembers) return undefined;
  sizes.set(both, bound);
  return both;
}

/** Merges the data into a member of the entity, or marks the entity as truncated. */
export function mergeBounded<Name extends 'data' | 'usage'>(
  entity: Entity & Partial<Record<Name, Members>>,
  name: Name,
  data: Members,
): void {
  const both = merged(entity[name], data);
  if (both === undefined) entity.truncated = true;
  else (entity as Partial<Record<Name, Members>>)[name] = both;
}

/** Sets a member to a value, unless the value is absent (`null` is not) or too large. */
export function setBounded(entity: Entity, name: string, value: unknown): void {
  if (value === undefined) return;
  if (bytesAtMost(value) > maxBytes && utf8Bytes(JSON.stringify(value)) > maxBytes) entity.truncated = true;
  else (entity as unknown as Members)[name] = value;
}

/** A cheap upper bound: beyond its escape, no character takes more than three bytes of UTF-8 in JSON. */
function bytesAtMost(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return 32;
  return JSON.stringify(value).length * 3;
}
