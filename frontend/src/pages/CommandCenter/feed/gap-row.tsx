import type { KnownGap } from 'cecelia-client/state';
import { TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { gapSpan, gapText } from '../../../features/connection/gap-text';
import { formatClock, timeZoneText } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import styles from './feed-row.module.css';

interface GapRowProps {
  readonly known: KnownGap;
  readonly rowHeight: number;
}

/** A gap in the feed. Rows above it are newer. */
export const GapRow = memo(function GapRow({ known: { gap, at }, rowHeight }: GapRowProps) {
  const span = gapSpan(gap);
  const text = span === undefined ? gapText(gap) : t('feed.gap', { gap: gapText(gap), span });
  return (
    <div className={styles.row}>
      <p className={styles.gap} style={{ height: rowHeight }} title={text}>
        <TriangleAlert size={14} aria-hidden />
        <span className={styles.time} title={timeZoneText()}>
          {formatClock(at, true)}
        </span>
        <span className={styles.words}>{text}</span>
      </p>
    </div>
  );
});
