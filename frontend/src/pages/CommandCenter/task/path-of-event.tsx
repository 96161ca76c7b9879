import { MonitorCheck, Radio, Send } from 'lucide-react';
import { clockWords, lagWords, lateWords } from '../../../components/time-words';
import type { EventPath } from './event-path';
import styles from './task-timeline.module.css';

/** The way of the last event: published, received by the relay, shown here, with what each step took. */
export function PathOfEvent({ path }: { readonly path: EventPath }) {
  const { name, publisher, published, relayed, shown } = path;
  return (
    <ol className={styles.timeline}>
      <li>
        <Send size={15} aria-hidden />
        <p className={styles.what}>
          <b>Published</b> <code translate="no">{name}</code>
        </p>
        <p className={styles.when}>
          <span>{published === null ? 'No publisher timestamp' : clockWords(published, true)}</span>
          {publisher !== undefined && <span translate="no">{` · ${publisher}`}</span>}
        </p>
      </li>
      <li>
        <Radio size={15} aria-hidden />
        <p className={styles.what}>
          <b>Received by the relay</b>
        </p>
        <p className={styles.when}>
          <span>{relayed === null ? 'Time unknown' : clockWords(relayed, true)}</span>
          {relayed !== null && published !== null && <span>{` · ${lateWords(relayed - published)}`}</span>}
        </p>
      </li>
      <li>
        <MonitorCheck size={15} aria-hidden />
        <p className={styles.what}>
          <b>Shown here</b>
        </p>
        <p className={styles.when}>
          <span>{shown === null ? 'As part of the snapshot when this page connected' : clockWords(shown, true)}</span>
          {shown !== null && relayed !== null && (
            <span>{` · ${shown < relayed ? 'within clock error' : `${lagWords(shown - relayed)} later`}`}</span>
          )}
        </p>
      </li>
    </ol>
  );
}
