import { memo } from 'react';
import styles from './spark-line.module.css';

interface SparkLineProps {
  readonly bars: readonly number[];
  readonly label: string;
}

const height = 20;

/** A small bar chart with a single path. */
export const SparkLine = memo(function SparkLine({ bars, label }: SparkLineProps) {
  const most = Math.max(1, ...bars);
  // A bar of the smallest count is visible beside the largest.
  const path = bars.map((bar, index) =>
    bar === 0 ? '' : `M${index} ${height}V${height - Math.max(3, (bar / most) * height)}h.8V${height}z`,
  );
  return (
    <svg className={styles.spark} viewBox={`0 0 ${bars.length} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <path d={path.join('')} />
    </svg>
  );
});
