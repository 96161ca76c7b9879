import { useVirtualizer } from '@tanstack/react-virtual';
import { ArrowDown } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { gapSpan, gapText } from '../../../features/connection/gap-text';
import { timeZoneText } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import styles from './execution-logs.module.css';
import type { LogItem } from './log-filter';
import { LogRow } from './log-line';
import { useSize } from '../../../components/use-size';

interface LogListProps {
  readonly items: readonly LogItem[];
  readonly search: string;
  /** The number of the line that the search has reached; `null`: none. */
  readonly current: number | null;
  readonly isFollowing: boolean;
  readonly onFollow: (isFollowing: boolean) => void;
  /** Number of lines since the log was last followed. */
  readonly newLines: number;
}

/** Distance from the end in pixels at which the log follows. */
const nearEnd = 24;
/** Time in milliseconds after an input in which scrolling is taken for the user's. */
const inputMs = 1000;
const inputs = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;

/** The lines of a log. Only the visible ones are rendered. Follows the end unless the user scrolls up. */
export function LogList({ items, search, current, isFollowing, onFollow, newLines }: LogListProps) {
  'use no memo'; // The virtualizer is mutated in place.
  const scroller = useRef<HTMLDivElement>(null);
  const { height } = useSize(scroller);
  const inputAt = useRef(-Infinity);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoized by the compiler, see above
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 21,
    getItemKey: (index) => keyOf(items[index], index),
    overscan: 6,
    paddingStart: 8,
    paddingEnd: 8,
    useFlushSync: false,
  });
  const size = virtualizer.getTotalSize();
  useLayoutEffect(() => {
    const element = scroller.current;
    if (isFollowing && element !== null) element.scrollTop = element.scrollHeight;
  }, [scroller, items, isFollowing, size, height]);
  const currentIndex = current === null ? -1 : items.findIndex((item) => 'line' in item && item.line.number === current);
  useEffect(() => {
    if (currentIndex >= 0) virtualizer.scrollToIndex(currentIndex, { align: 'center' });
    // eslint-disable-next-line react-hooks/exhaustive-deps -- scrolls when the search moves, not when lines before it are dropped
  }, [current]);
  useEffect(() => {
    const element = scroller.current;
    const onInput = () => {
      inputAt.current = performance.now();
    };
    for (const name of inputs) element?.addEventListener(name, onInput, { passive: true });
    return () => {
      for (const name of inputs) element?.removeEventListener(name, onInput);
    };
  }, [scroller]);
  const onScroll = () => {
    const element = scroller.current;
    // Rows that are measured change the height, which scrolls too.
    if (element === null || performance.now() - inputAt.current > inputMs) return;
    onFollow(element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd);
  };
  const zone = timeZoneText();
  return (
    <div className={styles.lines}>
      <div
        ref={scroller}
        className={styles.scroller}
        role="log"
        aria-live="off"
        aria-label={t('execution.log.label')}
        tabIndex={0}
        onScroll={onScroll}
      >
        <ol style={{ height: size }}>
          {virtualizer.getVirtualItems().map(({ key, index, start }) => {
            const item = items[index];
            if (item === undefined) return null;
            return (
              <li
                key={key}
                ref={virtualizer.measureElement}
                data-index={index}
                aria-setsize={items.length}
                aria-posinset={index + 1}
                style={{ transform: `translateY(${start}px)` }}
              >
                {'line' in item ? (
                  <LogRow line={item.line} search={search} isCurrent={item.line.number === current} zone={zone} />
                ) : (
                  <p className={styles.gap}>{[gapText(item.gap.gap), gapSpan(item.gap.gap)].filter(Boolean).join(' · ')}</p>
                )}
              </li>
            );
          })}
        </ol>
      </div>
      {!isFollowing && (
        <button type="button" className={classNames(buttons.button, buttons.primary, styles.follow)} onClick={() => onFollow(true)}>
          <ArrowDown size={14} aria-hidden />
          <span>{newLines > 0 ? t('execution.log.new', { count: newLines }) : t('execution.log.follow')}</span>
        </button>
      )}
    </div>
  );
}

function keyOf(item: LogItem | undefined, index: number): string | number {
  if (item === undefined) return index;
  return 'line' in item ? item.line.number : `gap ${item.gap.number}`;
}
