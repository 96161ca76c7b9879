import type { KnownGap } from 'cecelia-client/state';
import { TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { gapSpan, gapText } from '../../../features/connection/gap-text';
import { formatClock } from '../../../format/format-time';
import styles from './feed-row.module.css';

interface GapRowProps {
  readonly known: KnownGap;
  readonly rowHeight: number;
}

/** A gap in the feed. Rows above it are newer. */
export const GapRow = memo(function GapRow({ known: { gap, at }, rowHeight }: GapRowProps) {
  const span = gapSpan(gap);
  const text = `${gapText(gap)}${span === undefined ? '' : `, ${span}`}`;
  return (
    <div className={styles.row}>
      <p className={styles.gap} style={{ height: rowHeight }} title={text}>
        <TriangleAlert size={14} aria-hidden />
        <span className={styles.time}>{formatClock(at, true)}</span>
        <span className={styles.words}>{text}</span>
      </p>
    </div>
  );
});
