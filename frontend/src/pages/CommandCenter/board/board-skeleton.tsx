import { t } from '../../../i18n/messages';
import styles from './board-skeleton.module.css';

/** Placeholder of the board while the state is loading. */
export function BoardSkeleton() {
  return (
    <div className={styles.skeleton} role="status" aria-label={t('board.loading')}>
      {[5, 3, 6, 2].map((cards, column) => (
        <div key={column} className={styles.column}>
          {Array.from({ length: cards }, (_, card) => (
            <div key={card} className={styles.card} />
          ))}
        </div>
      ))}
    </div>
  );
}
