import { useRelay } from 'cecelia-client/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Action, ActionTarget } from './actions';
import { type Batch, runBatch } from './batch';

/** Runs one batch at a time. */
export function useBatch(): {
  readonly batch: Batch | null;
  readonly run: (action: Action, targets: readonly ActionTarget[], text?: string) => void;
  readonly stop: () => void;
  readonly dismiss: () => void;
} {
  const { connection } = useRelay();
  const [batch, setBatch] = useState<Batch | null>(null);
  const current = useRef<AbortController | null>(null);
  // Leaving the view ends the sending.
  useEffect(
    () => () => {
      current.current?.abort();
      current.current = null;
    },
    [],
  );
  const run = useCallback(
    (action: Action, targets: readonly ActionTarget[], text?: string) => {
      const own = new AbortController();
      current.current = own;
      // A copy: the batch changes in place.
      void runBatch(connection, action, targets, text, own.signal, (next) => {
        if (current.current === own) setBatch({ ...next });
      });
    },
    [connection],
  );
  const stop = useCallback(() => current.current?.abort(), []);
  const dismiss = useCallback(() => {
    current.current = null;
    setBatch(null);
  }, []);
  return { batch, run, stop, dismiss };
}
