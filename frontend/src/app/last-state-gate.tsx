import type { RelayConnection } from 'cecelia-client';
import { RelayProvider, useConnectionState, useLive, useRelay } from 'cecelia-client/react';
import type { LiveView } from 'cecelia-client/state';
import { History } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { keptConnection } from '../features/last-state/kept-connection';
import { writeLastState } from '../features/last-state/last-state';
import { keepLastState, loadLastState } from '../features/last-state/last-state-store';
import { useRoute } from '../features/navigation/route';
import { useNow } from '../features/relay/page-clock';
import { ownVersion, reloadOnNewVersion } from '../features/relay/page-version';
import { formatAgo, formatDateAndClock } from '../format/format-time';
import { t } from '../i18n/messages';
import styles from './last-state-gate.module.css';

/** Shortest time between two writes of the state, in milliseconds. */
const writeMs = 10_000;

const stateOf = (view: LiveView) => view.hasState;

interface Kept {
  readonly connection: RelayConnection;
  readonly at: number;
}

/** Keeps the state in the browser. A page that is opened while the relay is away shows it, marked as old, until the relay is back. */
export function LastStateGate({ children }: { readonly children: ReactNode }) {
  const { connection } = useRelay();
  const { status } = useConnectionState();
  const hasState = useLive(stateOf);
  const { wall } = useRoute();
  const [kept, setKept] = useState<Kept | null>(null);
  useKeeping();
  const isAway = !hasState && (status === 'reconnecting' || status === 'closed');
  useEffect(() => {
    if (!isAway) return;
    const ended = new AbortController();
    void loadLastState().then((state) => {
      if (state !== null && !ended.signal.aborted) setKept({ connection: keptConnection(connection, state), at: state.at });
    });
    // The page may be an old one, from the cache of the service worker.
    const reload = { own: ownVersion, isLive: () => connection.state.status === 'live', reload: () => location.reload() };
    const { check } = reloadOnNewVersion({ ...reload, storage: null, now: Date.now, random: () => 0 });
    const stop = connection.onState((state) => {
      if (state.status !== 'live') return;
      stop();
      check();
    });
    return () => ended.abort();
  }, [isAway, connection]);
  if (!isAway || kept === null) return children;
  return (
    <RelayProvider connection={kept.connection}>
      {!wall && <Banner at={kept.at} />}
      {children}
    </RelayProvider>
  );
}

function Banner({ at }: { readonly at: number }) {
  const now = useNow();
  return (
    <p className={styles.banner} role="status" data-last-state={at}>
      <History size={16} aria-hidden />
      <span>{t('shell.last-state', { time: formatDateAndClock(at), ago: formatAgo(now - at) })}</span>
    </p>
  );
}

/** Writes the state at most every ten seconds, when it has changed and the page is idle. */
function useKeeping(): void {
  const { connection, live: view } = useRelay();
  useEffect(() => {
    let version = -1;
    let isPossible = typeof indexedDB !== 'undefined';
    const write = () => {
      if (!isPossible || !view.hasState || connection.state.status !== 'live') return;
      const { sections } = view;
      const names = Object.keys(sections) as (keyof typeof sections)[];
      const current = names.reduce((sum, name) => sum + view.version(name), 0);
      if (current === version) return;
      version = current;
      const user = connection.access?.user ?? '';
      // Without a place for it, as in a private window, nothing is kept.
      keepLastState(writeLastState(view, user, Date.now()), user).catch(() => (isPossible = false));
    };
    const idle = () => {
      if (typeof requestIdleCallback === 'function') requestIdleCallback(write, { timeout: writeMs });
      else setTimeout(write, 0);
    };
    const timer = setInterval(idle, writeMs);
    return () => clearInterval(timer);
  }, [connection, view]);
}
