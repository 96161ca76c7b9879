import { TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { gapSpan, gapWords } from '../../../components/gap-words';
import { clockWords } from '../../../components/time-words';
import type { KnownGap } from '../../../state/live-view';
import styles from './feed-row.module.css';

interface GapRowProps {
  readonly known: KnownGap;
  readonly rowHeight: number;
}

/** A gap in the feed: what is above it came after it. */
export const GapRow = memo(function GapRow({ known: { gap, at }, rowHeight }: GapRowProps) {
  const span = gapSpan(gap);
  const words = `${gapWords(gap)}${span === undefined ? '' : `, ${span}`}`;
  return (
    <div className={styles.row}>
      <p className={styles.gap} style={{ height: rowHeight }} title={words}>
        <TriangleAlert size={14} aria-hidden />
        <span className={styles.time}>{clockWords(at, true)}</span>
        <span className={styles.words}>{words}</span>
      </p>
    </div>
  );
});
