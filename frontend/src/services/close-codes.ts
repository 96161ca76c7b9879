/**
 * The close codes of a connection to the relay, and whether a client should reconnect (Relay/PROTOCOL.md, "Close codes"). A test of the relay (CloseCodeTests)
 * checks that this table, that one and the relay's own agree.
 */
// A type, so that a page does not download the names.
// prettier-ignore
type CloseCodes = readonly [
  { code: 1000, reasons: ['finished'], reconnect: true },
  { code: 1001, reasons: ['shutting_down'], reconnect: true },
  { code: 1002, reasons: ['protocol_error'], reconnect: false },
  { code: 1003, reasons: ['binary_message'], reconnect: false },
  { code: 1005, reasons: [], reconnect: true },
  { code: 1006, reasons: [], reconnect: true },
  { code: 1007, reasons: ['invalid_utf8', 'bad_compression'], reconnect: false },
  { code: 1008, reasons: ['message_unfinished', 'too_many_fragments', 'too_many_messages'], reconnect: false },
  { code: 1009, reasons: ['message_too_large'], reconnect: false },
  { code: 1011, reasons: ['internal_error'], reconnect: true },
  { code: 1012, reasons: [], reconnect: true },
  { code: 1013, reasons: [], reconnect: true },
  { code: 4000, reasons: ['no_sign_of_life'], reconnect: true },
  { code: 4001, reasons: ['stalled'], reconnect: true },
  { code: 4002, reasons: ['flooded'], reconnect: true },
  { code: 4003, reasons: ['overloaded'], reconnect: true },
  { code: 4004, reasons: ['max_age'], reconnect: true },
  { code: 4005, reasons: ['token_expired'], reconnect: true },
  { code: 4006, reasons: ['closed_by_operator'], reconnect: true },
  { code: 4500, reasons: ['access_revoked'], reconnect: false },
];

/** The codes of the table after which a client should reconnect. The compiler checks that all of them are here, and no other. */
const reconnects: Readonly<Record<Extract<CloseCodes[number], { reconnect: true }>['code'], 1>> = {
  1000: 1,
  1001: 1,
  1005: 1,
  1006: 1,
  1011: 1,
  1012: 1,
  1013: 1,
  4000: 1,
  4001: 1,
  4002: 1,
  4003: 1,
  4004: 1,
  4005: 1,
  4006: 1,
};

/** Codes of a later relay that are not in the table: 4000–4499 ask the client to reconnect, 4500–4999 not to. */
const unknownReconnect = { from: 4000, to: 4499 } as const;

export type CloseCode = CloseCodes[number]['code'];

/** The `reason` of a `relay:bye`. */
export type CloseReason = CloseCodes[number]['reasons'][number];

/** Whether a client whose connection ended with this code should reconnect. */
export function shouldReconnect(code: number): boolean {
  return code in reconnects || (code >= unknownReconnect.from && code <= unknownReconnect.to);
}
