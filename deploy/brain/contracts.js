// Generates events.schema.d.ts, the types of the events' data, from events.schema.json: `npm run contracts`. A test checks that they match.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** @typedef {{ [keyword: string]: any }} Schema */

const SCHEMA = new URL('events.schema.json', import.meta.url);
export const TYPES = new URL('events.schema.d.ts', import.meta.url);

/** The text of events.schema.d.ts. */
export function writeTypes() {
  /** @type {Record<string, Schema>} */
  const defs = JSON.parse(readFileSync(SCHEMA, 'utf8')).$defs;
  const events = Object.entries(defs).flatMap(([name, schema]) => {
    const data = schema.properties?.data ?? schema.then?.properties?.data;
    return schema.properties?.event?.const === name ? [{ name, data, description: schema.description }] : [];
  });
  const types = new Set(events.flatMap(({ data }) => refsOf(data, defs)));
  return [
    '// Written from events.schema.json by contracts.js. Do not edit.',
    '',
    '/** The data of each event that the relay recognizes, by its name. */',
    'export interface Events {',
    ...events.flatMap(({ name, data, description }) => [`  /** ${description} */`, `  '${name}': ${typeOf(data)};`]),
    '  /** The data of a name that the schema does not contain is not checked. */',
    "  'execution:resumed': { [field: string]: unknown };",
    "  'execution:cancelled': { [field: string]: unknown };",
    "  'task:cancelled': { [field: string]: unknown };",
    "  'command:done': { [field: string]: unknown };",
    '}',
    ...Object.entries(defs).flatMap(([name, schema]) => (types.has(name) ? ['', ...declare(name, schema)] : [])),
    '',
  ].join('\n');
}

/**
 * Names of the definitions that a schema references, directly and indirectly.
 *
 * @param {Schema} schema
 * @param {Record<string, Schema>} defs
 * @returns {string[]}
 */
function refsOf(schema, defs) {
  const names = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(([, name]) => name);
  return names.flatMap((name) => [name, ...refsOf(defs[name], defs)]);
}

/** @param {string} name @param {Schema} schema */
function declare(name, schema) {
  const head = schema.description ? [`/** ${schema.description} */`] : [];
  if (!schema.properties) return [...head, `export type ${name} = ${typeOf(schema)};`];
  const fields = Object.entries(/** @type {Record<string, Schema>} */ (schema.properties)).flatMap(([field, value]) => [
    ...(value.description ? [`  /** ${value.description} */`] : []),
    `  ${field}?: ${typeOf(value)};`,
  ]);
  return [...head, `export interface ${name} {`, ...fields, '  [field: string]: unknown;', '}'];
}

/** @param {Schema | true} schema @returns {string} */
function typeOf(schema) {
  if (schema === true) return 'unknown';
  if (schema.$ref) return schema.$ref.replace('#/$defs/', '');
  if (schema.enum) return schema.enum.map((/** @type {unknown} */ word) => (word === null ? 'null' : `'${word}'`)).join(' | ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' | ');
  if (schema.allOf) return schema.allOf.map(typeOf).join(' & ');
  if (schema.type === undefined) return 'unknown';
  return [schema.type]
    .flat()
    .map((type) => wordOf(type, schema))
    .join(' | ');
}

/** @param {string} type @param {Schema} schema */
function wordOf(type, schema) {
  if (type === 'integer') return 'number';
  if (type === 'object') return '{ [field: string]: unknown }';
  return type === 'array' ? `(${typeOf(schema.items ?? true)})[]` : type;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(TYPES, writeTypes());
