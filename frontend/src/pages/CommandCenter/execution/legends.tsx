import { formatDuration } from '../../../format/format-time';
import { t } from '../../../i18n/messages';
import styles from './execution-view.module.css';
import type { GraphEdges } from './graph-edges';
import type { Timeline } from './timeline';

/** Says which line the edges have. */
export function EdgeLegend({ kind, count }: { readonly kind: GraphEdges['kind']; readonly count: number }) {
  if (count === 0) return null;
  return (
    <span className={styles.legend}>
      <i className={kind === 'observed' ? styles.dashed : styles.solid} />
      <span>{t(`execution.graph.${kind}`)}</span>
    </span>
  );
}

/** Says how long the critical path is, and what it follows. Nothing for a single node. */
export function CriticalPathLegend({ timeline, kind }: { readonly timeline: Timeline; readonly kind: GraphEdges['kind'] }) {
  if (timeline.critical.length < 2) return null;
  return (
    <span className={styles.legend} title={t(`execution.gantt.critical.${kind}`)}>
      <i className={styles.critical} />
      <span>{t('execution.gantt.critical', { duration: formatDuration(timeline.criticalMs), kind: t(`execution.graph.${kind}`) })}</span>
    </span>
  );
}
