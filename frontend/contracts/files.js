/** What `make contracts` writes. */
export const asyncApiFile = new URL('../../Relay/asyncapi.json', import.meta.url);
export const eventsFile = new URL('../../deploy/brain/events.schema.json', import.meta.url);
export const typesFile = new URL('../src/types/messages.ts', import.meta.url);

/** Messages, and whether they are valid; the relay's own tests judge them too. */
export const examplesFile = new URL('../../Relay.Tests/Contracts/examples.json', import.meta.url);
