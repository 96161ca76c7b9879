import { type ReactNode, useContext, useEffect, useMemo } from 'react';
import { useRelay as useNearestRelay } from '../hooks/useRelay';
import { ProblemLog } from './problem-log';
import { RelayContext } from './relay-context';
import { RunRecords } from './run-records';

interface RelayScopeProps {
  /** The one execution that the connection is about. */
  readonly execution?: string;
  readonly children: ReactNode;
}

/** Gives the parts below it the nearest `RelayProvider`'s connection and view, and keeps what only this page takes note of. */
export function RelayScope({ execution, children }: RelayScopeProps) {
  const { connection, view } = useNearestRelay();
  const outer = useContext(RelayContext)?.runs;
  const problems = useMemo(() => new ProblemLog(), []);
  const runs = useMemo(() => new RunRecords({ execution, known: outer }), [execution, outer]);
  useEffect(() => problems.watch(connection), [problems, connection]);
  useEffect(() => runs.watch(connection), [runs, connection]);
  const relay = useMemo(() => ({ connection, view, problems, runs }), [connection, view, problems, runs]);
  return <RelayContext value={relay}>{children}</RelayContext>;
}
