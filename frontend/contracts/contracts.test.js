import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'vitest';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { asyncApiFile, eventsFile, examplesFile, typesFile } from './files.js';
import { definitionsOf, typesOf } from './types.js';

const asyncApi = JSON.parse(await readFile(asyncApiFile, 'utf8'));
const examples = JSON.parse(await readFile(examplesFile, 'utf8'));
const events = JSON.parse(await readFile(eventsFile, 'utf8'));

test('messages.ts is what make contracts writes', async () => {
  assert.equal(await readFile(typesFile, 'utf8'), await typesOf(asyncApi), 'run make contracts');
});

test('asyncapi.json is an AsyncAPI 3 document', () => {
  const validate = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false }).compile(specs.schemas['3.0.0']);
  assert.ok(validate(asyncApi), JSON.stringify(validate.errors?.slice(0, 5), null, 2));
});

test('every reference of asyncapi.json leads somewhere', () => {
  for (const [, pointer] of JSON.stringify(asyncApi).matchAll(/"\$ref":"#\/([^"]*)"/g)) {
    assert.ok(
      pointer.split('/').reduce((node, key) => node?.[key], asyncApi),
      pointer,
    );
  }
});

test('every schema of asyncapi.json is one by draft 7, which AsyncAPI builds on', () => {
  const ajv = new Ajv({ strict: true }).addSchema({ $id: 'urn:cecelia:asyncapi', definitions: definitionsOf(asyncApi) });
  for (const name of Object.keys(asyncApi.components.schemas)) ajv.compile({ $ref: `urn:cecelia:asyncapi#/definitions/${name}` });
});

test('every event of events.schema.json compiles where Ajv is strict', () => {
  const ajv = new Ajv2020({ strict: true }).addSchema(events);
  assert.equal(typeof ajv.getSchema(events.$id), 'function');
  for (const name of Object.keys(events.$defs)) ajv.compile({ $ref: `${events.$id}#/$defs/${name}` });
});

test('Ajv judges the examples as the relay does', () => {
  const ofEvents = new Ajv2020({ strict: true }).compile(events);
  const ofClients = new Ajv({ strict: true }).addSchema({ $id: 'urn:cecelia:asyncapi', definitions: definitionsOf(asyncApi) });
  for (const { schema, valid, message } of examples) {
    const validate = schema === 'events' ? ofEvents : ofClients.getSchema(`urn:cecelia:asyncapi#/definitions/${schema}`);
    assert.equal(validate(message), valid, `${schema}: ${JSON.stringify(message)}: ${JSON.stringify(validate.errors)}`);
  }
});
