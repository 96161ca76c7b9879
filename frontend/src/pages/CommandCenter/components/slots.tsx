import type { ExecutorEntity } from 'cecelia-client';
import { Server } from 'lucide-react';
import { EmptyState } from '../../../components/empty-state';
import { formatAgo, formatCount, formatElapsed, parseTimestamp } from '../../../format/format-time';
import { t, Text } from '../../../i18n/messages';
import { maxRows, type Overview } from '../overview/overview-model';
import styles from './slots.module.css';

/** An executor is reported as full after this time, in milliseconds. */
const fullMs = 60_000;

interface SlotsProps {
  readonly executors: Overview['executors'];
  /** Unix milliseconds of the relay's clock. */
  readonly at: number;
}

/** Used and free slots of each executor. */
export function Slots({ executors, at }: SlotsProps) {
  if (executors.length === 0) {
    return (
      <EmptyState title={t('overview.slots.none')} icon={Server} small>
        <Text id="overview.slots.none.hint" values={{ code: (content) => <code translate="no">{content}</code> }} />
      </EmptyState>
    );
  }
  return (
    <ul className={styles.executors}>
      {executors.slice(0, maxRows).map(({ executor, fullSince }) => (
        <ExecutorSlots key={executor.id} executor={executor} fullSince={fullSince} at={at} isAlone={executors.length === 1} />
      ))}
      {executors.length > maxRows && <li className={styles.more}>{t('overview.slots.more', { count: executors.length - maxRows })}</li>}
    </ul>
  );
}

interface ExecutorSlotsProps {
  readonly executor: ExecutorEntity;
  readonly fullSince: number | null;
  readonly at: number;
  readonly isAlone: boolean;
}

function ExecutorSlots({ executor, fullSince, at, isAlone }: ExecutorSlotsProps) {
  const used = executor.data?.activeCount ?? null;
  const free = executor.data?.availableSlots ?? null;
  const all = used === null || free === null ? null : used + free;
  const updated = parseTimestamp(executor.received);
  const name = executor.id !== '' ? executor.id : isAlone ? null : t('overview.slots.executor');
  const notes = [
    ...(free === null ? [] : [freeText(free, all, fullSince, at)]),
    ...(updated === null ? [] : [t('overview.slots.updated', { ago: formatAgo(at - updated) })]),
    ...(executor.uncertain === true ? [t('overview.slots.uncertain')] : []),
  ];
  return (
    <li className={styles.executor}>
      <span className={styles.figure}>{`${countOf(used)}/${countOf(all)}`}</span>
      <span className={styles.name}>
        {name !== null && <span translate="no">{name}</span>}
        <span>{t('overview.slots.used', { used: countOf(used), all: countOf(all) })}</span>
      </span>
      <span className={styles.notes}>{notes.join(' · ')}</span>
      {used !== null && all !== null && (
        <span className={styles.bar} role="img" aria-label={t('overview.slots.used', { used: countOf(used), all: countOf(all) })}>
          <span style={{ width: all === 0 ? 0 : `${(used / all) * 100}%` }} />
        </span>
      )}
    </li>
  );
}

function countOf(count: number | null): string {
  return count === null ? '–' : formatCount(count);
}

function freeText(free: number, all: number | null, fullSince: number | null, at: number): string {
  if (fullSince !== null && at - fullSince >= fullMs) return t('overview.slots.full-for', { duration: formatElapsed(at - fullSince) });
  return free === 0 && all !== 0 ? t('overview.slots.full') : t('overview.slots.free', { count: free });
}
