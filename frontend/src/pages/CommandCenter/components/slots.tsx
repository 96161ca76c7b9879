import type { ExecutorEntity } from 'cecelia-client';
import { useRelay, useVersion } from 'cecelia-client/react';
import { Server } from 'lucide-react';
import { memo } from 'react';
import { RelativeTime } from '../../../features/relay/relative-time';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { formatCount, parseTimestamp } from '../../../format/format-time';
import styles from './slots.module.css';

/** Maximum number of slots drawn as individual cells. */
const maxCells = 64;

/** Used and free slots of each executor. */
export function Slots() {
  const { view } = useRelay();
  useVersion('executor');
  const executors = [...view.sections.executor.values()];
  if (executors.length === 0) {
    return (
      <EmptyState title="No executor status yet" icon={Server} small>
        Slots appear after the first <code>executor:status</code> event.
      </EmptyState>
    );
  }
  return (
    <ul className={styles.executors}>
      {executors.map((executor) => (
        <ExecutorSlots key={executor.id} executor={executor} isAlone={executors.length === 1} />
      ))}
    </ul>
  );
}

const ExecutorSlots = memo(function ExecutorSlots({ executor, isAlone }: { readonly executor: ExecutorEntity; readonly isAlone: boolean }) {
  const used = executor.data?.activeCount ?? 0;
  const free = executor.data?.availableSlots ?? 0;
  const all = used + free;
  const name = executor.id === '' ? 'Executor' : executor.id;
  const at = parseTimestamp(executor.received);
  const label = `${formatCount(used)} of ${formatCount(all)} slots used`;
  return (
    <li className={styles.executor}>
      <p className={styles.words}>
        <span className={styles.figure}>
          <span>{formatCount(used)}</span>
          <small>{`/${formatCount(all)}`}</small>
        </span>
        <span className={styles.name}>
          {executor.id === '' ? <span>{isAlone ? 'slots used' : name}</span> : <span translate="no">{name}</span>}
          <small>
            <span>{free === 0 && all > 0 ? 'full' : `${formatCount(free)} free`}</span>
            {at !== null && (
              <>
                <span>{' · updated '}</span>
                <RelativeTime at={at} />
                {executor.uncertain === true && <span>, uncertain</span>}
              </>
            )}
          </small>
        </span>
      </p>
      {all > 0 && all <= maxCells ? (
        <div className={styles.cells} role="img" aria-label={`${name}: ${label}`}>
          {Array.from({ length: all }, (_, at) => (
            <span key={at} className={classNames(styles.cell, at < used && styles.used)} />
          ))}
        </div>
      ) : (
        <div className={styles.bar} role="img" aria-label={`${name}: ${label}`}>
          <div style={{ width: all === 0 ? 0 : `${(used / all) * 100}%` }} />
        </div>
      )}
    </li>
  );
});
