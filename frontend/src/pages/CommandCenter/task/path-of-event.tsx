import { MonitorCheck, Radio, Send } from 'lucide-react';
import { clockWords, lagWords } from '../../../components/time-words';
import type { EventPath } from './event-path';
import styles from './task-timeline.module.css';

/** The way of the last event: published, received by the relay, shown here, with what each step took. */
export function PathOfEvent({ path }: { readonly path: EventPath }) {
  const { name, publisher, published, relayed, shown } = path;
  const before = relayed ?? published;
  return (
    <ol className={styles.timeline}>
      <li>
        <Send size={15} aria-hidden />
        <p className={styles.what}>
          <b>Published</b> <code>{name}</code>
        </p>
        <p className={styles.when}>
          {published === null ? 'at a time that cannot be read' : clockWords(published, true)}
          {publisher === undefined ? '' : ` by ${publisher}`}
        </p>
      </li>
      <li>
        <Radio size={15} aria-hidden />
        <p className={styles.what}>
          <b>Received by the relay</b>
        </p>
        <p className={styles.when}>
          {relayed === null ? 'not asked for yet' : clockWords(relayed, true)}
          {relayed !== null && published !== null && ` · ${lagWords(relayed - published)} later`}
        </p>
      </li>
      <li>
        <MonitorCheck size={15} aria-hidden />
        <p className={styles.what}>
          <b>Shown here</b>
        </p>
        <p className={styles.when}>
          {shown === null ? 'with the state, when this page connected' : clockWords(shown, true)}
          {shown !== null && before !== null && ` · ${lagWords(Math.max(0, shown - before))} later`}
        </p>
      </li>
    </ol>
  );
}
