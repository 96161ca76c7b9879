import { type ReactNode, useEffect, useMemo } from 'react';
import { useRelay as useNearestRelay } from '../../hooks/useRelay';
import { ProblemLog } from './problem-log';
import { RelayContext } from './relay-context';

/** Provides the connection and view of the nearest `RelayProvider`, and a log of its problems. */
export function RelayScope({ children }: { readonly children: ReactNode }) {
  const { connection, view } = useNearestRelay();
  const problems = useMemo(() => new ProblemLog(), []);
  useEffect(() => problems.watch(connection), [problems, connection]);
  const relay = useMemo(() => ({ connection, view, problems }), [connection, view, problems]);
  return <RelayContext value={relay}>{children}</RelayContext>;
}
