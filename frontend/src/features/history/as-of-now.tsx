import { Clock } from 'lucide-react';
import { t } from '../../i18n/messages';
import styles from './as-of-now.module.css';
import { useIsPast } from './page-moment';

/** Says of data that is fetched from the relay that it is of the present, while an earlier moment is shown. */
export function AsOfNow() {
  if (!useIsPast()) return null;
  return (
    <p className={styles.note}>
      <Clock size={14} aria-hidden /> <span>{t('history.as-of-now')}</span>
    </p>
  );
}
