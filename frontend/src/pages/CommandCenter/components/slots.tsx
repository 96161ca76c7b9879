import { Server } from 'lucide-react';
import { memo } from 'react';
import { Ago } from '../../../components/ago';
import { classNames } from '../../../components/class-names';
import { Empty } from '../../../components/empty';
import { useRelay, useVersion } from '../../../components/relay-context';
import { countWords, momentOf } from '../../../components/time-words';
import type { ExecutorEntity } from '../../../types/messages';
import styles from './slots.module.css';

/** Up to so many slots are drawn one by one. */
const mostCells = 64;

/** Each executor's slots, used and free. */
export function Slots() {
  const { view } = useRelay();
  useVersion('executor');
  const executors = [...view.sections.executor.values()];
  if (executors.length === 0) {
    return (
      <Empty title="No executor status yet" icon={Server} small>
        Slots appear after the first <code>executor:status</code> event.
      </Empty>
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
  const at = momentOf(executor.received);
  const words = `${countWords(used)} of ${countWords(all)} slots used`;
  return (
    <li className={styles.executor}>
      <p className={styles.words}>
        <span className={styles.figure}>
          <span>{countWords(used)}</span>
          <small>{`/${countWords(all)}`}</small>
        </span>
        <span className={styles.name}>
          {executor.id === '' ? <span>{isAlone ? 'slots used' : name}</span> : <span translate="no">{name}</span>}
          <small>
            <span>{free === 0 && all > 0 ? 'full' : `${countWords(free)} free`}</span>
            {at !== null && (
              <>
                <span>{' · updated '}</span>
                <Ago at={at} />
                {executor.uncertain === true && <span>, uncertain</span>}
              </>
            )}
          </small>
        </span>
      </p>
      {all > 0 && all <= mostCells ? (
        <div className={styles.cells} role="img" aria-label={`${name}: ${words}`}>
          {Array.from({ length: all }, (_, at) => (
            <span key={at} className={classNames(styles.cell, at < used && styles.used)} />
          ))}
        </div>
      ) : (
        <div className={styles.bar} role="img" aria-label={`${name}: ${words}`}>
          <div style={{ width: all === 0 ? 0 : `${(used / all) * 100}%` }} />
        </div>
      )}
    </li>
  );
});
