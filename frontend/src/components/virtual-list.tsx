import { useVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { classNames } from './class-names';
import styles from './virtual-list.module.css';

interface VirtualListProps {
  /** The name of the list. The rows of a table are named by the table. */
  readonly label?: string;
  /** `rows`: the rows of a table, which has one row of column heads above them. Default `list`. */
  readonly kind?: 'list' | 'rows';
  readonly count: number;
  readonly keyOf: (index: number) => string | number;
  /** Row height in pixels, including the gap. An estimate if rows are measured. */
  readonly rowHeight: number;
  readonly children: (index: number) => ReactNode;
  /** Rows have different heights and are measured. */
  readonly measured?: boolean;
  /** Keeps the visible rows in place when rows above them are added or removed, unless the list is at its top. */
  readonly anchored?: boolean;
  /** Called when the list is scrolled away from its top, and when it is back there. */
  readonly onAway?: (isAway: boolean) => void;
  readonly className?: string | undefined;
  readonly padding?: number;
  /** The index of a row to scroll to. Applied when it changes. */
  readonly reveal?: number | undefined;
}

/** Scroll offset in pixels up to which the list counts as being at its top. */
const nearTop = 6;

/** A list of any length that renders only the visible rows. */
export function VirtualList(props: VirtualListProps) {
  'use no memo'; // The virtualizer is mutated in place.
  const {
    label,
    kind = 'list',
    count,
    keyOf,
    rowHeight,
    children,
    measured = false,
    anchored = false,
    onAway,
    className,
    padding = 0,
    reveal,
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  // eslint-disable-next-line react-hooks/incompatible-library -- nothing here is memoized by the compiler, see above
  const virtualizer = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
    overscan: 2,
    paddingStart: padding,
    paddingEnd: padding,
    // The list is rendered in the same frame anyway, so that a synchronous flush only costs time.
    useFlushSync: false,
  });
  // Rows have a fixed height again: discard the measurements.
  useLayoutEffect(() => {
    if (!measured) virtualizer.measure();
  }, [virtualizer, measured, rowHeight]);
  useLayoutEffect(() => {
    if (reveal !== undefined) virtualizer.scrollToIndex(reveal, { align: 'center' });
  }, [virtualizer, reveal]);
  const anchor = useRef<{ readonly key: string | number; readonly index: number } | null>(null);
  useLayoutEffect(() => {
    const list = scroller.current;
    if (list === null || !anchored || measured) return;
    const offset = rowsMoved(anchor.current, list.scrollTop, count, keyOf);
    if (offset !== 0) list.scrollTop += offset * rowHeight;
    const index = Math.max(0, Math.floor((list.scrollTop - padding) / rowHeight));
    anchor.current = index < count ? { key: keyOf(index), index } : null;
  });

  const wasAway = useRef(false);
  const onScroll = () => {
    const isAway = (scroller.current?.scrollTop ?? 0) > nearTop;
    if (isAway === wasAway.current) return;
    wasAway.current = isAway;
    onAway?.(isAway);
  };

  return (
    <div
      ref={scroller}
      className={classNames(styles.scroller, className)}
      onScroll={onScroll}
      role={kind === 'list' ? 'list' : 'rowgroup'}
      aria-label={label}
      tabIndex={0}
    >
      <div className={styles.all} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map((item) => (
          <div
            key={item.key}
            ref={measured ? virtualizer.measureElement : undefined}
            data-index={item.index}
            className={styles.row}
            {...(kind === 'list'
              ? { role: 'listitem', 'aria-setsize': count, 'aria-posinset': item.index + 1 }
              : { role: 'row', 'aria-rowindex': item.index + 2 })}
            style={{ transform: `translateY(${item.start}px)`, ...(!measured && { height: rowHeight }) }}
          >
            {children(item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}

/** Returns how many positions the row at the top edge has moved. 0 at the top of the list, and if that row was removed. */
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

/** Finds the current index of a row, searching outwards from its previous index. */
function nearest(key: string | number, from: number, count: number, keyOf: (index: number) => string | number): number | null {
  for (let step = 1; step < Math.max(from + 1, count - from); step++) {
    if (from + step < count && keyOf(from + step) === key) return from + step;
    if (from - step >= 0 && from - step < count && keyOf(from - step) === key) return from - step;
  }
  return null;
}
