import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { EventRefusedError, isText, KEY_BYTES } from './envelope.js';

// Written by the relay's own build, from the contracts that its front ends' types come from too.
const schema = JSON.parse(readFileSync(new URL('events.schema.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: true }).addSchema(schema, 'events');

/** Compiled at the start, not with the first event of each name. */
const judges = new Map(Object.keys(schema.$defs).filter(isEvent).map((name) => [name, compile(name)]));
const judgeOfOthers = compile('PublishedEvent');

/** In the data of any event: what filters go by. */
const KEYS = ['taskId', 'task_id', 'project_id', 'projectId', 'execution_id', 'executionId'];

/**
 * Why the relay would refuse the event, if it would.
 * @param {string} name A name that the schema does not know has no check of its data.
 * @param {{ data: Record<string, unknown> }} event As it is sent, so read from its JSON: getters and toJSON have had their say.
 * @param {number} bytes
 * @param {{ maxEventBytes: number, maxEventDepth: number }} limits
 * @returns {EventRefusedError | undefined}
 */
export function findFault(name, event, bytes, { maxEventBytes, maxEventDepth }) {
  if (bytes > maxEventBytes) return new EventRefusedError('too_large', `${bytes} bytes, and ${maxEventBytes} are allowed`);
  if (isDeeper(event, maxEventDepth)) return new EventRefusedError('too_deep', `nested more than ${maxEventDepth} levels deep`);
  const judge = judges.get(name) ?? judgeOfOthers;
  if (!judge(event)) {
    const { instancePath = '', keyword, message } = judge.errors?.[0] ?? {};
    const reason = instancePath.startsWith('/data') ? 'bad_data' : instancePath === '/timestamp' ? 'bad_timestamp' : 'bad_field';
    return new EventRefusedError(reason, `${instancePath.slice(1).replaceAll('/', '.')} ${keyword === 'pattern' ? 'is not of the form that it must have' : message}`);
  }
  // JSON Schema counts characters where the relay counts bytes.
  const key = KEYS.find((key) => typeof event.data[key] === 'string' && !isText(event.data[key], KEY_BYTES));
  return key === undefined ? undefined : new EventRefusedError('bad_data', `data.${key} must be text of at most ${KEY_BYTES} bytes`);
}

/** @param {string} name */
function isEvent(name) {
  return schema.$defs[name].properties?.event?.const === name;
}

/** @param {string} name */
function compile(name) {
  return /** @type {import('ajv').ValidateFunction} */ (ajv.getSchema(`events#/$defs/${name}`));
}

/** @param {unknown} value @param {number} levels @returns {boolean} */
function isDeeper(value, levels) {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
