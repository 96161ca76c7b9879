import { useCallback, useEffect, useRef, useState } from 'react';
import { commandFailure, commandSuccess } from '../../../components/command-words';
import { useRelay } from '../../../components/relay-context';
import { textOf } from '../../../components/text-of';
import type { ClientCommand } from '../../../types/messages';

export type CommandState =
  | { readonly status: 'none' }
  | { readonly status: 'pending'; readonly name: string }
  /** The relay gave it to Brain. `reply` is what Brain said to it since, which is the verdict then. */
  | {
      readonly status: 'done';
      readonly name: string;
      readonly words: string;
      readonly reply: { readonly isError: boolean; readonly words: string } | null;
    }
  | { readonly status: 'failed'; readonly name: string; readonly words: string };

function replyWords(isError: boolean, said: string | undefined): string {
  if (said !== undefined) return isError ? `Brain returned an error: ${said}` : `Brain: ${said}`;
  return isError ? 'Brain returned an error without a message.' : 'Confirmed by Brain.';
}

/** Sends commands, one at a time, and tells what became of the last. */
export function useCommand(): {
  readonly state: CommandState;
  readonly send: (name: string, data: ClientCommand['data']) => Promise<boolean>;
} {
  const { connection } = useRelay();
  const [state, setState] = useState<CommandState>({ status: 'none' });
  const number = useRef(0);
  useEffect(
    () => () => {
      number.current = -1; // What comes in later is about a page that is gone.
    },
    [],
  );

  const send = useCallback(
    async (name: string, data: ClientCommand['data']): Promise<boolean> => {
      const mine = (number.current = Math.max(0, number.current) + 1);
      const isMine = () => number.current === mine;
      // A reply may be here before the relay's own answer.
      let reply: Extract<CommandState, { status: 'done' }>['reply'] = null;
      setState({ status: 'pending', name });
      try {
        const ack = await connection.command(name, data, {
          onReply: (event) => {
            const said: Readonly<Record<string, unknown>> = event.data;
            reply = {
              isError: event.event === 'error',
              words: replyWords(event.event === 'error', textOf(said.message) ?? textOf(said.error)),
            };
            if (isMine()) setState((before) => (before.status === 'done' ? { ...before, reply } : before));
          },
        });
        if (isMine()) setState({ status: 'done', name, words: commandSuccess(ack), reply });
        return true;
      } catch (error) {
        if (isMine()) setState({ status: 'failed', name, words: commandFailure(error) });
        return false;
      }
    },
    [connection],
  );
  return { state, send };
}
