import { useMemo } from 'react';
import type { LogLine } from '../state/log-lines';
import { type LogOptions, logStore } from '../state/stores';
import { useRelay } from './useRelay';
import { useStore } from './useStore';

/** The newest log lines, oldest first: those in the feed, and those received since. They change at most once per animation frame. */
export function useLogs(options: LogOptions = {}): readonly LogLine[] {
  const relay = useRelay();
  // The same store for equal options, which are usually another object in each rendering.
  const key = JSON.stringify(options);
  return useStore(useMemo(() => logStore(relay, JSON.parse(key) as LogOptions), [relay, key]));
}
