import { useRelay } from 'cecelia-client/react';
import type { FeedEntry } from 'cecelia-client/state';
import { Radio } from 'lucide-react';
import { memo } from 'react';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { Panel } from '../../../components/panel';
import { routeHref, useRoute } from '../../../features/navigation/route';
import { formatClock } from '../../../format/format-time';
import { useThrottledVersion } from '../../../features/relay/use-throttled-version';
import { eventKind, eventProject, eventText } from '../feed/event-text';
import styles from './latest-events.module.css';

const maxRows = 30;

/** The newest events of the project, newest first. Updated at most four times a second. */
export function LatestEvents({ className }: { readonly className?: string | undefined }) {
  const { view } = useRelay();
  const route = useRoute();
  useThrottledVersion('feed', 250);
  const latest = newest(view.feed, route.project);
  return (
    <Panel
      title="Latest events"
      aside={<a href={routeHref({ ...route, view: 'feed', execution: null })}>All events</a>}
      className={className}
      flush
    >
      {latest.length === 0 ? (
        <EmptyState title="No events since this page was opened" icon={Radio} small>
          New events appear here, newest first.
        </EmptyState>
      ) : (
        <ol className={styles.events}>
          {latest.map((entry) => (
            <EventLine key={entry.number} entry={entry} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function newest(feed: readonly FeedEntry[], project: string | null): FeedEntry[] {
  const found: FeedEntry[] = [];
  for (let at = feed.length - 1; at >= 0 && found.length < maxRows; at--) {
    const entry = feed[at];
    if (entry !== undefined && (project === null || eventProject(entry.event) === project)) found.push(entry);
  }
  return found;
}

const EventLine = memo(function EventLine({ entry }: { readonly entry: FeedEntry }) {
  return (
    <li className={styles.event}>
      <time dateTime={new Date(entry.received).toISOString()}>{formatClock(entry.received)}</time>
      <span className={classNames(styles.name, styles[eventKind(entry.event)])} translate="no">
        {entry.event.event}
      </span>
      <span className={styles.words} translate="no">
        {eventText(entry.event)}
      </span>
    </li>
  );
});
