/**
 * What a connection to the relay may end with, and whether a client should come back (Relay/PROTOCOL.md, "Close codes"). A test of the relay
 * (CloseCodeTests) holds this table, that one and the relay's own to each other.
 */
const closeCodes = [
  { code: 1000, reasons: ['finished'], comesBack: true },
  { code: 1001, reasons: ['shutting_down'], comesBack: true },
  { code: 1002, reasons: ['protocol_error'], comesBack: false },
  { code: 1003, reasons: ['binary_message'], comesBack: false },
  { code: 1005, reasons: [], comesBack: true },
  { code: 1006, reasons: [], comesBack: true },
  { code: 1007, reasons: ['invalid_utf8', 'bad_compression'], comesBack: false },
  { code: 1008, reasons: ['message_unfinished', 'too_many_fragments', 'too_many_messages'], comesBack: false },
  { code: 1009, reasons: ['message_too_large'], comesBack: false },
  { code: 1011, reasons: ['internal_error'], comesBack: true },
  { code: 1012, reasons: [], comesBack: true },
  { code: 1013, reasons: [], comesBack: true },
  { code: 4000, reasons: ['no_sign_of_life'], comesBack: true },
  { code: 4001, reasons: ['stalled'], comesBack: true },
  { code: 4002, reasons: ['flooded'], comesBack: true },
  { code: 4003, reasons: ['overloaded'], comesBack: true },
  { code: 4004, reasons: ['max_age'], comesBack: true },
] as const;

/** Codes of a later relay that this client does not know yet: 4000–4499 ask it to come back, 4500–4999 to stay away. */
const unknownComesBack = { from: 4000, to: 4499 } as const;

export type CloseCode = (typeof closeCodes)[number]['code'];

/** The `reason` of a `relay:bye`. */
export type CloseReason = (typeof closeCodes)[number]['reasons'][number];

/** Whether a client whose connection ended with this code should connect again. */
export function comesBack(code: number): boolean {
  const known = closeCodes.find((row) => row.code === code);
  if (known !== undefined) return known.comesBack;
  return code >= unknownComesBack.from && code <= unknownComesBack.to;
}
