import { MonitorCheck, Radio, Send } from 'lucide-react';
import { formatClock, formatDelay, timeZoneText } from '../../../format/format-time';
import { published as publishedText } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
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
          <b>{t('task.path.published')}</b> <code translate="no">{name}</code>
        </p>
        <p className={styles.when}>
          <span title={timeZoneText()}>{published === null ? t('task.path.undated') : formatClock(published, true)}</span>
          {publisher !== undefined && <span {...publishedText(publisher)}>{` · ${publisher}`}</span>}
        </p>
      </li>
      <li>
        <Radio size={15} aria-hidden />
        <p className={styles.what}>
          <b>{t('task.path.received')}</b>
        </p>
        <p className={styles.when}>
          <span title={timeZoneText()}>{relayed === null ? t('task.path.unknown-time') : formatClock(relayed, true)}</span>
          {relayed !== null && published !== null && <span>{` · ${formatDelay(relayed - published)}`}</span>}
        </p>
      </li>
      <li>
        <MonitorCheck size={15} aria-hidden />
        <p className={styles.what}>
          <b>{t('task.path.displayed')}</b>
        </p>
        <p className={styles.when}>
          <span title={timeZoneText()}>{shown === null ? t('task.path.snapshot') : formatClock(shown, true)}</span>
          {shown !== null && relayed !== null && (
            <span>{` · ${shown < relayed ? t('task.path.clock-error') : formatDelay(shown - relayed)}`}</span>
          )}
        </p>
      </li>
    </ol>
  );
}
