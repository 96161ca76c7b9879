import { type ReactNode, useEffect, useMemo } from 'react';
import { useRelay as useNearestRelay } from '../hooks/useRelay';
import { ProblemLog } from './problem-log';
import { RelayContext } from './relay-context';

/** Gives the parts below it the nearest `RelayProvider`'s connection and view, and keeps what only this page takes note of. */
export function RelayScope({ children }: { readonly children: ReactNode }) {
  const { connection, view } = useNearestRelay();
  const problems = useMemo(() => new ProblemLog(), []);
  useEffect(() => problems.watch(connection), [problems, connection]);
  const relay = useMemo(() => ({ connection, view, problems }), [connection, view, problems]);
  return <RelayContext value={relay}>{children}</RelayContext>;
}
