import { useRelay } from 'cecelia-client/react';
import { VolumeX } from 'lucide-react';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import { subscribeToClock, useNow } from '../relay/page-clock';
import { formatDay, formatElapsed } from '../../format/format-time';
import { t } from '../../i18n/messages';
import styles from './silent-badge.module.css';

interface SilentProps {
  readonly section: 'tasks' | 'executions';
  readonly id: string;
}

/**
 * When the last event about a running task or execution was received, in Unix milliseconds of the relay's clock; `null`: it is not silent, or this is
 * unknown.
 */
export function useSilentSince(section: SilentProps['section'], id: string): number | null {
  const { connection, view } = useRelay();
  const subscribe = useMemo(
    () => (listener: () => void) => {
      const stops = [connection.onState(listener), subscribeToClock(listener)];
      return () => {
        for (const stop of stops) stop();
      };
    },
    [connection],
  );
  return useSyncExternalStore(
    subscribe,
    useCallback(() => view.silentSince(section, id), [view, section, id]),
  );
}

/** Marks running work that has been without an event for a long time. Nothing for other work. */
export function SilentBadge({ section, id }: SilentProps) {
  const since = useSilentSince(section, id);
  return since === null ? null : <SilentSince since={since} />;
}

/** `since` in Unix milliseconds of the relay's clock. */
export function SilentSince({ since }: { readonly since: number }) {
  const { view, live } = useRelay();
  const at = since - live.clockOffset;
  const now = useNow() + view.clockOffset - live.clockOffset;
  return (
    <span className={styles.silent} title={t('status.silent.hint', { duration: formatElapsed(now - at) })}>
      <VolumeX size={12} strokeWidth={2.25} aria-hidden />
      <span>{t('status.silent', { time: formatDay(at, now) })}</span>
    </span>
  );
}
