import { History } from 'lucide-react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { t } from '../../i18n/messages';
import styles from './history-button.module.css';
import { pageMoment, useTravel } from './page-moment';

/** The button in the header that opens the history, or returns to the present. */
export function HistoryButton() {
  const { status } = useTravel();
  const isOpen = status !== 'live';
  return (
    <button
      type="button"
      className={classNames(buttons.icon, isOpen && styles.open)}
      onClick={toggleHistory}
      aria-label={t('history.open')}
      aria-pressed={isOpen}
      title={t(isOpen ? 'history.live.hint' : 'history.open.hint')}
    >
      <History size={17} aria-hidden />
    </button>
  );
}

/** Opens the history, or returns to the present. */
export function toggleHistory(): void {
  if (pageMoment.get().status === 'live') void pageMoment.open();
  else pageMoment.live();
}
