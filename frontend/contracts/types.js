import { compile } from 'json-schema-to-typescript';

/** What a front end gets and sends; whatever these refer to comes with them. */
const ROOTS = [
  'CeceliaEvent',
  'AnyEvent',
  'TaskTreeEvent',
  'AnyTaskTreeEvent',
  'RelayMessage',
  'AnyRelayMessage',
  'ExecutionMessage',
  'PlainResponse',
  'ClientMessage',
  'StateResponse',
  'HistoryResponse',
  'MinutesResponse',
  'TraceResponse',
  'ConnectionsResponse',
  'ClosedResponse',
  'Refusal',
];

/** Unions whose names a client looks up to tell what it got: constant, union, and the field that has the name. */
const NAMES = [
  ['eventNames', 'CeceliaEvent', 'event'],
  ['relayMessageNames', 'RelayMessage', 'event'],
];

const REFERENCES = '#/components/schemas/';
const OPTIONS = { additionalProperties: false, bannerComment: '', style: { singleQuote: true, printWidth: 160 } };

/**
 * The schemas of an AsyncAPI document, to stand under `definitions` of another.
 * @param {{ components: { schemas: Record<string, any> } }} document
 */
export function definitionsOf(document) {
  return JSON.parse(JSON.stringify(document.components.schemas).replaceAll(REFERENCES, '#/definitions/'));
}

/**
 * The TypeScript of the messages that an AsyncAPI document describes.
 * @param {{ components: { schemas: Record<string, any> } }} document
 * @returns {Promise<string>}
 */
export async function typesOf(document) {
  const { schemas } = document.components;
  const types = await compile(
    { definitions: definitionsOf(document), anyOf: ROOTS.map((name) => ({ $ref: `#/definitions/${name}` })) },
    'Message',
    OPTIONS,
  );
  const names = NAMES.map(([constant, union, field]) => {
    const words = schemas[union].anyOf.map(({ $ref }) => `  '${schemas[$ref.slice(REFERENCES.length)].properties[field].const}',\n`);
    return `\n/** The name of each ${union}. */\nexport const ${constant} = [\n${words.join('')}] as const satisfies readonly ${union}['${field}'][];\n`;
  });
  return `// Written by \`make contracts\` from Relay/Contracts, by way of Relay/asyncapi.json. Not to be edited.\n\n${types}${names.join('')}`;
}
