import { useLogs, useRelay, useVersion } from 'cecelia-client/react';
import type { LogLine } from 'cecelia-client/state';
import { ChevronDown, ChevronUp, Download, X } from 'lucide-react';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { Panel } from '../../../components/panel';
import { SearchField } from '../../../components/search-field';
import { pastEventsOf } from '../../../features/history/past-events';
import { useShown } from '../../../features/navigation/route';
import { loadErrorText } from '../../../features/relay/load-error-text';
import { relaySentence } from '../../../features/relay/relay-reason';
import { RelaySentence } from '../../../features/relay/relay-sentence';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import { downloadText } from '../../../features/export/download';
import styles from './execution-logs.module.css';
import { findInLog, type LogItem, logText, selectLines, shownLevels, withGaps } from './log-filter';
import { LogList } from './log-list';

interface ExecutionLogsProps {
  readonly executionId: string;
  /** Only lines of this node; `null`: all. */
  readonly node: string | null;
  readonly onAllNodes: () => void;
  readonly className?: string | undefined;
}

const lineLimit = 5000;
/** Shortest time between two updates of the list, in milliseconds. */
const updateMs = 250;

/** The log of an execution: the lines that the relay still had when the page was opened, and those since. */
export function ExecutionLogs({ executionId, node, onAllNodes, className }: ExecutionLogsProps) {
  const { view } = useRelay();
  useVersion('gaps');
  // A connection filtered by this execution receives no other lines, and its events need not name the execution.
  const lines = useThrottled(useLogs({ limit: lineLimit }), updateMs);
  const [text, setText] = useShown('search');
  const [levelName, setLevel] = useShown('level', 'all');
  const level = shownLevels.find((name) => name === levelName) ?? 'all';
  const [following, setFollowing] = useState<{ readonly since: LogLine | null } | 'end'>('end');
  const [current, setCurrent] = useState<number | null>(null);
  const selected = useMemo(() => selectLines(lines, node, level), [lines, node, level]);
  const gapCount = view.gaps.length;
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the gaps change in place
  const items = useMemo(() => withGaps(selected, view.gaps), [selected, view, gapCount]);
  const search = text.trim();
  const found = useMemo(() => findInLog(items, search), [items, search]);
  const newLines = following === 'end' ? 0 : selected.length - 1 - selected.findLastIndex((line) => line === following.since);

  const follow = (isFollowing: boolean) => {
    if (isFollowing !== (following === 'end')) setFollowing(isFollowing ? 'end' : { since: selected.at(-1) ?? null });
  };
  const goTo = (place: number) => {
    const index = found[(place + found.length) % found.length];
    const item = index === undefined ? undefined : items[index];
    if (item === undefined || !('line' in item)) return;
    follow(false);
    setCurrent(item.line.number);
  };
  const at = found.findIndex((index) => numberOf(items[index]) === current);
  return (
    <Panel title={t('execution.log')} aside={lines.length > 0 && countText(selected.length, lines.length)} className={className} flush>
      <div className={styles.log}>
        <div className={styles.tools}>
          <form
            className={styles.search}
            onSubmit={(event) => {
              event.preventDefault();
              goTo(at + 1);
            }}
          >
            <SearchField
              value={text}
              onChange={(next) => {
                setText(next);
                setCurrent(null);
              }}
              label={t('execution.log.search')}
              placeholder={t('execution.log.search')}
            />
            {search !== '' && (
              <>
                <span className={styles.found}>{t('execution.log.found', { at: at + 1, count: found.length })}</span>
                <button
                  type="button"
                  className={buttons.icon}
                  disabled={found.length === 0}
                  aria-label={t('execution.log.previous')}
                  onClick={() => goTo(at < 0 ? found.length - 1 : at - 1)}
                >
                  <ChevronUp size={16} aria-hidden />
                </button>
                <button type="submit" className={buttons.icon} disabled={found.length === 0} aria-label={t('execution.log.next')}>
                  <ChevronDown size={16} aria-hidden />
                </button>
              </>
            )}
          </form>
          <select
            className={buttons.field}
            aria-label={t('execution.log.level')}
            value={level}
            onChange={({ target }) => setLevel(target.value)}
          >
            {shownLevels.map((name) => (
              <option key={name} value={name}>
                {t(`execution.log.level.${name}`)}
              </option>
            ))}
          </select>
          {node !== null && (
            <button
              type="button"
              className={classNames(buttons.button, styles.only)}
              onClick={onAllNodes}
              title={t('execution.log.all-nodes')}
            >
              <span {...published(node)}>{node}</span> <X size={13} aria-label={t('execution.log.all-nodes')} />
            </button>
          )}
          <button
            type="button"
            className={classNames(buttons.button, styles.download)}
            disabled={selected.length === 0}
            onClick={() => downloadText(`${executionId}.log`, logText(selected), 'text/plain')}
          >
            <Download size={14} aria-hidden /> <span>{t('execution.log.download')}</span>
          </button>
        </div>
        <Missing executionId={executionId} isFull={lines.length >= lineLimit} />
        {items.length === 0 ? (
          <p className={styles.none}>{t(lines.length === 0 ? 'execution.log.none' : 'execution.log.none.matching')}</p>
        ) : (
          <LogList
            items={items}
            search={search}
            current={current}
            isFollowing={following === 'end'}
            onFollow={follow}
            newLines={newLines}
          />
        )}
      </div>
    </Panel>
  );
}

/** Says which lines may be missing before the first one. */
function Missing({ executionId, isFull }: { readonly executionId: string; readonly isFull: boolean }) {
  const { view, live } = useRelay();
  const past = pastEventsOf(live, executionId);
  const status = useSyncExternalStore(past.subscribe, past.get);
  if (view !== live) return null;
  if (isFull) return <p className={styles.missing}>{t('execution.log.full', { count: lineLimit })}</p>;
  switch (status.status) {
    case 'waiting':
      return null;
    case 'loading':
      return <p className={styles.missing}>{t('execution.log.past.loading')}</p>;
    case 'failed':
      return (
        <p className={styles.missing}>
          <span>{t('execution.log.past.failed', { why: loadErrorText(status.error) })}</span>{' '}
          <RelaySentence text={relaySentence(status.error)} />
          <button type="button" className={styles.link} onClick={() => void past.load()}>
            {t('common.try-again')}
          </button>
        </p>
      );
    case 'loaded':
      return status.end === 'start' ? null : <p className={styles.missing}>{t('execution.log.past.part')}</p>;
  }
}

function countText(shown: number, count: number): string {
  return shown === count ? t('execution.log.count', { count }) : t('execution.log.count.part', { shown, count });
}

function numberOf(item: LogItem | undefined): number | null {
  return item !== undefined && 'line' in item ? item.line.number : null;
}

/** Returns the value, at most once in an interval. The last one is never left out. */
function useThrottled<T>(value: T, intervalMs: number): T {
  const [shown, setShown] = useState({ value, at: -Infinity });
  useEffect(() => {
    if (Object.is(shown.value, value)) return;
    const timer = setTimeout(() => setShown({ value, at: performance.now() }), Math.max(0, shown.at + intervalMs - performance.now()));
    return () => clearTimeout(timer);
  }, [value, shown, intervalMs]);
  return shown.value;
}
