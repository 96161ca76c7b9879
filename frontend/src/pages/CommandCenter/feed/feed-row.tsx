import type { FeedEntry } from 'cecelia-client/state';
import { ChevronRight } from 'lucide-react';
import { memo } from 'react';
import { classNames } from '../../../components/class-names';
import { JsonView } from '../../../components/json-view';
import { formatClock, formatLag, timeZoneText } from '../../../format/format-time';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { eventKind, eventProject, eventText } from './event-text';
import styles from './feed-row.module.css';

interface FeedRowProps {
  readonly entry: FeedEntry;
  readonly rowHeight: number;
  readonly isOpen: boolean;
  readonly onToggle: (number: number) => void;
}

/** A smaller lag, in milliseconds, is not shown: it would only distract from those that matter. */
const shownLag = 100;

function lagTitle({ event, lag, fromHistory }: FeedEntry): string {
  if (lag !== null) return t(fromHistory ? 'feed.lag.past' : 'feed.lag');
  return t(event.undated === true ? 'feed.lag.undated' : 'feed.lag.ahead');
}

/** An event in the feed. Entries are immutable, so that only a row that is opened or closed is rerendered. */
export const FeedRow = memo(function FeedRow({ entry, rowHeight, isOpen, onToggle }: FeedRowProps) {
  const { event, received, lag, number } = entry;
  const kind = eventKind(event);
  const project = eventProject(event);
  const text = eventText(event);
  return (
    <div className={classNames(styles.row, styles[kind])}>
      <button type="button" className={styles.line} style={{ height: rowHeight }} aria-expanded={isOpen} onClick={() => onToggle(number)}>
        <ChevronRight size={14} className={classNames(styles.chevron, isOpen && styles.turned)} aria-hidden />
        <span className={styles.time} title={timeZoneText()}>
          {formatClock(received, true)}
        </span>
        <span className={styles.name} translate="no">
          {event.event}
        </span>
        <span className={styles.project} {...published(project)}>
          {project}
        </span>
        <span className={styles.words} {...published(text)}>
          {text}
        </span>
        <span className={styles.lag} title={lagTitle(entry)}>
          {lag !== null && lag < shownLag ? '' : formatLag(lag)}
        </span>
      </button>
      {isOpen && (
        <div className={styles.json}>
          <p className={styles.note}>{`${formatLag(lag)} · ${lagTitle(entry)}`}</p>
          <JsonView value={event} label={t('feed.event', { name: event.event })} />
        </div>
      )}
    </div>
  );
});
