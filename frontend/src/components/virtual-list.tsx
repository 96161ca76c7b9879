import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { classNames } from './class-names';
import styles from './virtual-list.module.css';

interface VirtualListProps {
  readonly label: string;
  readonly count: number;
  readonly keyOf: (index: number) => string | number;
  /** Height of a row in pixels, with its gap; the true one where rows are not measured. */
  readonly rowHeight: number;
  readonly children: (index: number) => ReactNode;
  /** Rows are of several heights, and are measured. */
  readonly measured?: boolean;
  /** What the reader looks at stays where it is when rows come or go above it, unless the list is at its top. */
  readonly anchored?: boolean;
  /** Told when the list leaves its top, and when it is there again. */
  readonly onAway?: (isAway: boolean) => void;
  readonly className?: string | undefined;
  readonly padding?: number;
}

/** Less than this is the top, in pixels. */
const nearTop = 6;

/** A list of any length that draws what can be seen of it. */
export function VirtualList(props: VirtualListProps) {
  'use no memo'; // The virtualiser's answers change while the object stays.
  const { label, count, keyOf, rowHeight, children, measured = false, anchored = false, onAway, className, padding = 0 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoised by the compiler, see above
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
    overscan: 2,
    paddingStart: padding,
    paddingEnd: padding,
    // A flush within a frame that draws anyway would only cost time.
    useFlushSync: false,
  });
  // Rows are of one height again: what was measured does not hold any more.
  useLayoutEffect(() => {
    if (!measured) virtualizer.measure();
  }, [virtualizer, measured, rowHeight]);
  const anchor = useRef<{ readonly key: string | number; readonly index: number } | null>(null);
  useLayoutEffect(() => {
    const list = scroller.current;
    if (list === null || !anchored || measured) return;
    const moved = rowsMoved(anchor.current, list.scrollTop, count, keyOf);
    if (moved !== 0) list.scrollTop += moved * rowHeight;
    const index = Math.max(0, Math.floor((list.scrollTop - padding) / rowHeight));
    anchor.current = index < count ? { key: keyOf(index), index } : null;
  });

  const wasAway = useRef(false);
  const scrolled = () => {
    const isAway = (scroller.current?.scrollTop ?? 0) > nearTop;
    if (isAway === wasAway.current) return;
    wasAway.current = isAway;
    onAway?.(isAway);
  };

  return (
    <div ref={scroller} className={classNames(styles.scroller, className)} onScroll={scrolled} role="list" aria-label={label} tabIndex={0}>
      <div className={styles.all} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => (
          <div
            key={item.key}
            ref={measured ? virtualizer.measureElement : undefined}
            data-index={item.index}
            className={styles.row}
            role="listitem"
            aria-setsize={count}
            aria-posinset={item.index + 1}
            style={{ transform: `translateY(${item.start}px)`, ...(!measured && { height: rowHeight }) }}
          >
            {children(item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}

/** By how many rows the one that was at the top edge has moved; 0 at the top of the list, which stays there, and where that row is gone. */
function rowsMoved(
  before: { readonly key: string | number; readonly index: number } | null,
  scrollTop: number,
  count: number,
  keyOf: (index: number) => string | number,
): number {
  if (before === null || scrollTop <= nearTop || (before.index < count && keyOf(before.index) === before.key)) return 0;
  const index = nearest(before.key, before.index, count, keyOf);
  return index === null ? 0 : index - before.index;
}

/** Where the row is now, looked for from where it was, outwards. */
function nearest(key: string | number, from: number, count: number, keyOf: (index: number) => string | number): number | null {
  for (let step = 1; step < Math.max(from + 1, count - from); step++) {
    if (from + step < count && keyOf(from + step) === key) return from + step;
    if (from - step >= 0 && from - step < count && keyOf(from - step) === key) return from - step;
  }
  return null;
}
