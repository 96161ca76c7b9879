import { ArrowUp, Pause, Play, Radio } from 'lucide-react';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { Empty } from '../../../components/empty';
import { pauseFeedEvent } from '../../../components/pause-feed';
import { useRelay } from '../../../components/relay-context';
import { useRoute } from '../../../components/route';
import { SearchField } from '../../../components/search-field';
import { ofWords } from '../../../components/time-words';
import { publishCommand, TryCommands } from '../../../components/try-commands';
import { Unreached } from '../../../components/unreached';
import { VirtualList } from '../../../components/virtual-list';
import layout from '../page.module.css';
import { FeedList, isGap } from './feed-list';
import styles from './feed-page.module.css';
import { FeedRow } from './feed-row';
import { GapRow } from './gap-row';
import { useRowHeight } from './use-row-height';

const tries = [publishCommand({ event: 'log', data: { level: 'info', message: 'Hello' } })];

/** What was there when the feed was paused. */
interface Paused {
  readonly entries: FeedList['entries'];
  readonly passed: number;
  readonly why: 'asked' | 'reading';
}

/** Every event as it comes, the newest first. It pauses by itself when the reader scrolls away from the newest, or opens an event. */
export function FeedPage() {
  const { view } = useRelay();
  const { project } = useRoute();
  const [search, setSearch] = useState('');
  const [name, setName] = useState('');
  const wanted = useDeferredValue(search);
  const list = useMemo(() => new FeedList(view, { name, project, search: wanted }), [view, name, project, wanted]);
  useSyncExternalStore(
    (listener) => view.subscribe(listener),
    () => list.sync(),
  );
  const [paused, setPaused] = useState<(Paused & { readonly list: FeedList }) | null>(null);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const body = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();

  // Another filter is another feed.
  const held = paused?.list === list ? paused : null;
  const entries = held?.entries ?? list.entries;
  const since = held === null ? 0 : list.passed - held.passed;

  const pause = (why: Paused['why']) =>
    setPaused((before) => (before?.list === list ? before : { entries: list.entries.slice(), passed: list.passed, why, list }));
  const resume = () => {
    setPaused(null);
    setOpen(new Set());
    body.current?.querySelector('[role=list]')?.scrollTo({ top: 0 });
  };
  const latest = useRef<{ readonly toggleAll: () => void; readonly open: (number: number) => void } | null>(null);
  useEffect(() => {
    latest.current = {
      toggleAll: () => (held === null ? pause('asked') : resume()),
      open: (number) => {
        pause('reading');
        setOpen((before) => toggled(before, number));
      },
    };
  });
  useEffect(() => {
    const asked = () => latest.current?.toggleAll();
    addEventListener(pauseFeedEvent, asked);
    return () => removeEventListener(pauseFeedEvent, asked);
  }, []);
  const toggleRow = useCallback((number: number) => latest.current?.open(number), []);

  const names = [...list.names].sort();
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>Feed</h1>
        <p>{held === null ? ofWords(list.events, 'event') : `Paused · ${ofWords(since, 'new event')}`}</p>
        <div className={styles.tools}>
          <select className={buttons.field} value={name} onChange={(event) => setName(event.target.value)} aria-label="Event name">
            <option value="">All event names</option>
            {(name === '' || names.includes(name) ? names : [name, ...names]).map((one) => (
              <option key={one} value={one} translate="no">
                {one}
              </option>
            ))}
          </select>
          <SearchField value={search} onChange={setSearch} placeholder="Search event JSON" label="Search events" />
          <button
            type="button"
            className={classNames(buttons.button, styles.pause)}
            onClick={() => (held === null ? pause('asked') : resume())}
            aria-keyshortcuts="p"
          >
            {held === null ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}
            <span>{held === null ? 'Pause' : 'Resume'}</span>
          </button>
        </div>
      </header>
      <section ref={body} className={classNames(layout.fill, styles.feed)} aria-label="Events">
        {held !== null && since > 0 && (
          <button type="button" className={classNames(buttons.button, buttons.primary, styles.resume)} onClick={resume}>
            <ArrowUp size={14} aria-hidden /> <span>{ofWords(since, 'new event')}</span>
          </button>
        )}
        {entries.length === 0 ? (
          <Unreached>
            {view.feed.length === 0 ? (
              <Empty title="No events since this page was opened" icon={Radio}>
                <p>The feed shows events received while this page is open. To publish a test event:</p>
                <TryCommands commands={tries} />
              </Empty>
            ) : (
              <Empty title="No matching events" icon={Radio}>
                Change the event name, search text or project. New matching events appear here.
              </Empty>
            )}
          </Unreached>
        ) : (
          <VirtualList
            label="Events, newest first"
            count={entries.length}
            keyOf={(index) => keyOf(entries[entries.length - 1 - index]) ?? index}
            rowHeight={rowHeight}
            measured={held !== null}
            onAway={(isAway) => {
              if (isAway) pause('reading');
              else if (held?.why === 'reading' && open.size === 0) resume();
            }}
          >
            {(index) => {
              const entry = entries[entries.length - 1 - index];
              if (entry === undefined) return null;
              if (isGap(entry)) return <GapRow known={entry} rowHeight={rowHeight} />;
              return <FeedRow entry={entry} rowHeight={rowHeight} isOpen={open.has(entry.number)} onToggle={toggleRow} />;
            }}
          </VirtualList>
        )}
      </section>
    </div>
  );
}

function keyOf(entry: FeedList['entries'][number] | undefined): string | number | undefined {
  return entry !== undefined && isGap(entry) ? `gap ${entry.number}` : entry?.number;
}

function toggled(set: ReadonlySet<number>, number: number): ReadonlySet<number> {
  const next = new Set(set);
  if (!next.delete(number)) next.add(number);
  return next;
}
