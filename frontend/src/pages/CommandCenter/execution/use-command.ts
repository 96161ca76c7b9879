import type { ClientCommand } from 'cecelia-client';
import { useRelay } from 'cecelia-client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { commandErrorText, commandAckText } from './command-text';
import { formatValue } from '../../../format/format-value';
import { t } from '../../../i18n/messages';

export type CommandState =
  | { readonly status: 'none' }
  | { readonly status: 'pending'; readonly name: string }
  /** Delivered to Brain. `reply` is Brain's reply, if any, and then decides the outcome. */
  | {
      readonly status: 'done';
      readonly name: string;
      readonly text: string;
      readonly reply: { readonly isError: boolean; readonly text: string } | null;
    }
  | { readonly status: 'failed'; readonly name: string; readonly text: string };

function replyText(isError: boolean, fields: string | undefined): string {
  if (fields !== undefined) return t(isError ? 'execution.command.error' : 'execution.command.reply', { text: fields });
  return t(isError ? 'execution.command.error.none' : 'execution.command.reply.none');
}

/** Sends commands, one at a time, and returns the state of the last one. */
export function useCommand(): {
  readonly state: CommandState;
  readonly send: (name: string, data: ClientCommand['data']) => Promise<boolean>;
} {
  const { connection } = useRelay();
  const [state, setState] = useState<CommandState>({ status: 'none' });
  const number = useRef(0);
  useEffect(
    () => () => {
      number.current = -1; // Ignore results that arrive after unmount.
    },
    [],
  );

  const send = useCallback(
    async (name: string, data: ClientCommand['data']): Promise<boolean> => {
      const own = (number.current = Math.max(0, number.current) + 1);
      const isLatest = () => number.current === own;
      // The reply may arrive before the ack.
      let reply: Extract<CommandState, { status: 'done' }>['reply'] = null;
      setState({ status: 'pending', name });
      try {
        const ack = await connection.command(name, data, {
          onReply: (event) => {
            const fields: Readonly<Record<string, unknown>> = event.data;
            reply = {
              isError: event.event === 'error',
              text: replyText(event.event === 'error', formatValue(fields.message) ?? formatValue(fields.error)),
            };
            if (isLatest()) setState((before) => (before.status === 'done' ? { ...before, reply } : before));
          },
        });
        if (isLatest()) setState({ status: 'done', name, text: commandAckText(ack), reply });
        return true;
      } catch (error) {
        if (isLatest()) setState({ status: 'failed', name, text: commandErrorText(error) });
        return false;
      }
    },
    [connection],
  );
  return { state, send };
}
