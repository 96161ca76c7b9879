import { isoTime } from '../../../features/export/csv';
import { type ShownData, shownData } from '../../../features/export/shown-data';
import { eventProject } from './event-text';
import { type FeedList, isGap } from './feed-list';

/** The events and gaps of the feed for the export, newest first as shown. */
export function shownEvents(entries: FeedList['entries']): ShownData {
  return shownData(
    { view: 'feed' },
    entries.toReversed(),
    [
      { name: 'received', value: (entry) => isoTime(isGap(entry) ? entry.at : entry.received) },
      { name: 'event', value: (entry) => (isGap(entry) ? 'relay:gap' : entry.event.event) },
      { name: 'timestamp', value: (entry) => (isGap(entry) ? undefined : entry.event.timestamp) },
      { name: 'project', value: (entry) => (isGap(entry) ? undefined : eventProject(entry.event)) },
      { name: 'position', value: (entry) => (isGap(entry) ? undefined : entry.event.id) },
      { name: 'lag_ms', value: (entry) => (isGap(entry) ? undefined : entry.lag) },
      { name: 'data', value: (entry) => (isGap(entry) ? entry.gap : entry.event.data) },
    ],
    (entry) => (isGap(entry) ? { event: 'relay:gap', data: entry.gap } : entry.event),
  );
}
