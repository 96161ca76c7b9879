import { useConnectionState, useRelay } from 'cecelia-client/react';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useIsPast } from '../history/page-moment';
import { type Action, type ActionTarget, allowedActions, commandOf } from './actions';
import type { Verdict } from './command-verdict';
import { sendCommand } from './send-command';

/** Returns the actions that the relay allows this page. Rerenders when the connection changes: the names arrive with it. */
export function useAllowedActions(): readonly Action[] {
  const { connection } = useRelay();
  useConnectionState();
  // A command concerns the present, and must not be chosen by an earlier moment.
  const isPast = useIsPast();
  return useMemo(() => (isPast ? [] : allowedActions(connection.commandNames)), [isPast, connection.commandNames]);
}

/** Returns the actions that are not allowed only because an earlier moment is shown. */
export function useActionsOfPresent(): readonly Action[] {
  const { connection } = useRelay();
  const isPast = useIsPast();
  return useMemo(() => (isPast ? allowedActions(connection.commandNames) : []), [isPast, connection.commandNames]);
}

export interface SentAction {
  readonly action: Action;
  readonly verdict: Verdict;
}

/** Sends actions to one target, and returns the last one with its verdict. */
export function useAction(target: ActionTarget): {
  readonly sent: SentAction | null;
  readonly send: (action: Action, text?: string) => void;
} {
  const { connection } = useRelay();
  const [sent, setSent] = useState<SentAction | null>(null);
  const latest = useRef(0);
  useEffect(
    () => () => {
      latest.current = -1; // Ignore verdicts that arrive after unmount.
    },
    [],
  );
  const send = useCallback(
    (action: Action, text?: string) => {
      const own = (latest.current = Math.max(0, latest.current) + 1);
      void sendCommand(connection, commandOf(action, target, text), (verdict) => {
        if (latest.current === own) setSent({ action, verdict });
      });
    },
    [connection, target],
  );
  return { sent, send };
}
