import { MonitorCheck, Radio, Send } from 'lucide-react';
import { formatClock, formatLag, formatDelay } from '../../../format/format-time';
import type { EventPath } from './event-path';
import styles from './task-timeline.module.css';

/** The path of the last event: published, received by the relay, displayed, with the delay of each step. */
export function EventPathSteps({ path }: { readonly path: EventPath }) {
  const { name, publisher, published, relayed, shown } = path;
  return (
    <ol className={styles.timeline}>
      <li>
        <Send size={15} aria-hidden />
        <p className={styles.what}>
          <b>Published</b> <code translate="no">{name}</code>
        </p>
        <p className={styles.when}>
          <span>{published === null ? 'No publisher timestamp' : formatClock(published, true)}</span>
          {publisher !== undefined && <span translate="no">{` · ${publisher}`}</span>}
        </p>
      </li>
      <li>
        <Radio size={15} aria-hidden />
        <p className={styles.what}>
          <b>Received by the relay</b>
        </p>
        <p className={styles.when}>
          <span>{relayed === null ? 'Time unknown' : formatClock(relayed, true)}</span>
          {relayed !== null && published !== null && <span>{` · ${formatDelay(relayed - published)}`}</span>}
        </p>
      </li>
      <li>
        <MonitorCheck size={15} aria-hidden />
        <p className={styles.what}>
          <b>Displayed on this page</b>
        </p>
        <p className={styles.when}>
          <span>{shown === null ? 'As part of the snapshot when this page connected' : formatClock(shown, true)}</span>
          {shown !== null && relayed !== null && (
            <span>{` · ${shown < relayed ? 'within clock error' : `${formatLag(shown - relayed)} later`}`}</span>
          )}
        </p>
      </li>
    </ol>
  );
}
