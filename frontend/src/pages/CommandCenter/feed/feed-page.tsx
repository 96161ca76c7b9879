import { useRelay } from 'cecelia-client/react';
import { ArrowUp, Pause, Play, Radio } from 'lucide-react';
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { EmptyState } from '../../../components/empty-state';
import { toggleFeedPauseEvent } from './pause-feed';
import { ExportMenu } from '../../../features/export/export-menu';
import { useRoute, useShown } from '../../../features/navigation/route';
import { SearchField } from '../../../components/search-field';
import { t } from '../../../i18n/messages';
import { publishCommand, ExampleCommands } from '../components/example-commands';
import { usePacedSubscribe } from '../../../features/relay/paced';
import { ConnectionFallback } from '../../../features/connection/connection-fallback';
import { VirtualList } from '../../../components/virtual-list';
import layout from '../page.module.css';
import { FeedList, isGap } from './feed-list';
import styles from './feed-page.module.css';
import { FeedRow } from './feed-row';
import { GapRow } from './gap-row';
import { PastRow } from './past-row';
import { shownEvents } from './shown-events';
import { useRowHeight } from './use-row-height';

/** Shortest time between two updates, in milliseconds. */
const intervalMs = 100;

/** The content at the time when the feed was paused. */
interface Paused {
  readonly entries: FeedList['entries'];
  readonly passed: number;
  readonly reason: 'requested' | 'reading';
}

/** All events as they arrive, newest first. The feed pauses when the user scrolls away from the newest event or opens an event. */
export function FeedPage() {
  const { view, live } = useRelay();
  // A moment of the history does not change by itself.
  const isStill = view !== live;
  const { project } = useRoute();
  const [search, setSearch] = useShown('search');
  const [name, setName] = useShown('event');
  const deferredSearch = useDeferredValue(search);
  const list = useMemo(() => new FeedList(view, { name, project, search: deferredSearch }), [view, name, project, deferredSearch]);
  useSyncExternalStore(usePacedSubscribe(intervalMs), () => list.sync());
  const [paused, setPaused] = useState<(Paused & { readonly list: FeedList }) | null>(null);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  // The position of the event that was opened last.
  const [row, setRow] = useShown('row');
  const [revealed, setRevealed] = useState<number | undefined>();
  const body = useRef<HTMLDivElement>(null);
  const rowHeight = useRowHeight();

  // A change of the filter ends the pause.
  const held = paused?.list === list && !isStill ? paused : null;
  const entries = held?.entries ?? list.entries;
  const since = held === null ? 0 : list.passed - held.passed;

  const pause = (reason: Paused['reason']) =>
    setPaused((before) => (before?.list === list ? before : { entries: list.entries.slice(), passed: list.passed, reason, list }));
  const resume = () => {
    setPaused(null);
    setOpen(new Set());
    setRow('');
    setRevealed(undefined);
    body.current?.querySelector('[role=list]')?.scrollTo({ top: 0 });
  };
  const latest = useRef<{ readonly toggleAll: () => void; readonly open: (number: number) => void } | null>(null);
  useEffect(() => {
    latest.current = {
      toggleAll: () => {
        if (!isStill) (held === null ? () => pause('requested') : resume)();
      },
      open: (number) => {
        if (!isStill) pause('reading');
        setRow(open.has(number) ? '' : (view.feed.find((entry) => entry.number === number)?.event.id ?? ''));
        setOpen((before) => toggled(before, number));
      },
    };
  });
  useEffect(() => {
    const onToggle = () => latest.current?.toggleAll();
    addEventListener(toggleFeedPauseEvent, onToggle);
    return () => removeEventListener(toggleFeedPauseEvent, onToggle);
  }, []);
  const toggleRow = useCallback((number: number) => latest.current?.open(number), []);

  // A link to an event: show it as soon as it is in the feed.
  const linked = row === '' || open.size > 0 ? -1 : entries.findIndex((entry) => !isGap(entry) && entry.event.id === row);
  const found = entries[linked];
  if (found !== undefined && !isGap(found)) {
    if (!isStill) pause('reading');
    setOpen(new Set([found.number]));
    setRevealed(entries.length - 1 - linked);
  }

  const names = [...list.names].sort();
  return (
    <div className={layout.page}>
      <header className={layout.header}>
        <h1>{t('feed.title')}</h1>
        <p>{held === null ? t('feed.count', { count: list.events }) : t('feed.paused', { count: since })}</p>
        <div className={styles.tools}>
          <select className={buttons.field} value={name} onChange={(event) => setName(event.target.value)} aria-label={t('feed.name')}>
            <option value="">{t('feed.name.all')}</option>
            {(name === '' || names.includes(name) ? names : [name, ...names]).map((one) => (
              <option key={one} value={one} translate="no">
                {one}
              </option>
            ))}
          </select>
          <SearchField value={search} onChange={setSearch} placeholder={t('feed.search.hint')} label={t('feed.search')} />
          {list.events > 0 && <ExportMenu collect={() => shownEvents(entries)} />}
          <button
            type="button"
            className={classNames(buttons.button, styles.pause)}
            disabled={isStill}
            onClick={() => (held === null ? pause('requested') : resume())}
            aria-keyshortcuts="p"
          >
            {held === null ? <Pause size={14} aria-hidden /> : <Play size={14} aria-hidden />}
            <span>{t(held === null ? 'feed.pause' : 'feed.resume')}</span>
          </button>
        </div>
      </header>
      <section ref={body} className={classNames(layout.fill, styles.feed)} aria-label={t('feed.label')}>
        {held !== null && since > 0 && (
          <button type="button" className={classNames(buttons.button, buttons.primary, styles.resume)} onClick={resume}>
            <ArrowUp size={14} aria-hidden /> <span>{t('feed.new', { count: since })}</span>
          </button>
        )}
        {entries.length === 0 ? (
          <ConnectionFallback>
            {view.feed.length === 0 ? (
              <EmptyState title={t('feed.none')} icon={Radio}>
                <p>{t('feed.none.text')}</p>
                <ExampleCommands commands={[publishCommand({ event: 'log', data: { level: 'info', message: t('feed.none.example') } })]} />
              </EmptyState>
            ) : (
              <EmptyState title={t('feed.none.matching')} icon={Radio}>
                {t('feed.none.matching.text')}
              </EmptyState>
            )}
          </ConnectionFallback>
        ) : (
          <VirtualList
            label={t('feed.list')}
            count={entries.length + 1}
            keyOf={(index) => keyOf(entries[entries.length - 1 - index]) ?? 'past'}
            rowHeight={rowHeight}
            measured={held !== null || isStill}
            reveal={revealed}
            onAway={(isAway) => {
              if (isStill) return;
              if (isAway) pause('reading');
              else if (held?.reason === 'reading' && open.size === 0) resume();
            }}
          >
            {(index) => {
              const entry = entries[entries.length - 1 - index];
              if (entry === undefined) return <PastRow rowHeight={rowHeight} />;
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
