import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findMessage, t } from '../../i18n/messages';
import { language } from '../../i18n/preferences';
import { verdictSentence, verdictText } from '../actions/verdict-text';
import { loadErrorText } from './load-error-text';
import { ApiError } from './relay-api';
import { reasonClause, relaySentence } from './relay-reason';

const repository = new URL('../../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, repository), 'utf8');

interface Schema {
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}

const { components } = JSON.parse(read('Relay/asyncapi.json')) as {
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
};

/** The codes of a closed set of the relay: a definition of its contract, or a field of one. */
function codesOf(schema: string, field?: string): readonly string[] {
  const definition = components.schemas[schema];
  const codes = (field === undefined ? definition : definition?.properties?.[field])?.enum ?? [];
  expect(codes, schema).not.toHaveLength(0);
  return codes;
}

const missing = (codes: readonly string[], prefix: string) => codes.filter((code) => findMessage(prefix, code) === undefined);

/** Refusals of requests that no page makes: a browser sends every handshake correctly, and a relay without the front end has no page. */
const neverOfPage = ['bad_key', 'body_not_allowed', 'client_not_built', 'not_an_upgrade', 'wrong_version'];
const isOfAccess = (code: string) => /^(?:tokens?|tickets?|keys|two_tokens|role)(?:_|$)/.test(code) || code === 'two_tokens';
/** Errors of messages that are not commands. They are listed as problems of the connection, by kind. */
const notOfCommands = ['not_an_object', 'not_json', 'too_deep', 'unknown_execution', 'unknown_message'];

describe('every reason code that the page can show has a message', () => {
  it('refused requests', () => {
    expect(codesOf('RefusalCode').filter((code) => reasonClause(code) === undefined)).toEqual(neverOfPage);
  });

  it('refused tokens and tickets', () => {
    const codes = [...codesOf('RefusalCode'), ...codesOf('ErrorReason')].filter(isOfAccess);
    expect(codes.length).toBeGreaterThan(15);
    // Without a token the page asks for one, and says nothing more.
    expect(missing(codes, 'access.denied.')).toEqual(['token_missing']);
  });

  it('refused commands', () => {
    const codes = codesOf('ErrorReason').filter((code) => !isOfAccess(code));
    expect(missing(codes, 'action.reason.')).toEqual(notOfCommands);
  });

  it('refusals of the small Brain', () => {
    const sources = read('deploy/brain/commands.js') + read('deploy/brain/tick.js');
    const codes = [...sources.matchAll(/(?:RequestRefusedError\(\s*|reason: )'(\w+)'/g)].map(([, code = '']) => code);
    expect(codes).toEqual(expect.arrayContaining(['unknown_task', 'queue_full', 'internal_error', 'bad_data']));
    expect(missing(codes, 'action.refusal.')).toEqual([]);
  });

  it('closed connections', () => {
    expect(codesOf('ByeData', 'reason').filter((code) => reasonClause(code) === undefined)).toEqual([]);
  });

  it('gaps', () => {
    expect(missing(codesOf('GapData', 'cause'), 'connection.gap.cause.')).toEqual([]);
  });

  it('refused events', () => {
    const [, section = ''] = read('Relay/PROTOCOL.md').split('\n## Refused events\n');
    const codes = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `(\w+)` \|/gm)].map(([, code = '']) => code);
    expect(codes.length).toBeGreaterThan(12);
    expect(missing([...codes, 'duplicate'], 'refused.reason.')).toEqual([]);
  });
});

describe('the sentence of the relay', () => {
  const overloaded = new ApiError(503, 'overloaded', 'Too many clients are receiving a snapshot');

  it('accompanies the words of the page, in the language of the page', () => {
    language.choose('zh-CN');
    expect([loadErrorText(overloaded), relaySentence(overloaded)]).toEqual(['中继过载', 'Too many clients are receiving a snapshot']);
    const verdict = { status: 'refused', by: 'relay', reason: 'bad_command', message: 'The field data is not an object' } as const;
    expect([verdictText('pause', verdict), verdictSentence(verdict)]).toEqual(['未暂停。命令无效。', 'The field data is not an object']);
    language.choose('en');
    expect(loadErrorText(overloaded)).toBe(t('connection.end.overloaded'));
  });

  it('is shown alone for a reason that the page does not know', () => {
    const newer = new ApiError(503, 'from_the_future', 'Something new happened.');
    expect([loadErrorText(newer), relaySentence(newer)]).toEqual(['Something new happened', null]);
    const verdict = { status: 'refused', by: 'relay', reason: 'from_the_future', message: 'something new happened' } as const;
    expect([verdictText('pause', verdict), verdictSentence(verdict)]).toEqual(['Not paused. Something new happened.', null]);
  });

  it('is that of the relay, not of Brain or of the client', () => {
    const ofBrain = { status: 'refused', by: 'brain', reason: 'not_running', message: 'run-1 is queued' } as const;
    const ofClient = { status: 'impossible', reason: 'not_connected', message: 'The client is not connected' } as const;
    expect([ofBrain, ofClient, { status: 'sending' } as const].map(verdictSentence)).toEqual([null, null, null]);
  });
});
