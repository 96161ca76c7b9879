import { useEffect, useRef } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { t } from '../../i18n/messages';
import styles from './actions.module.css';

interface ConfirmCancelProps {
  readonly question: string;
  readonly onConfirm: () => void;
  readonly onKeep: () => void;
}

/** Asks once, in place. The focus is on the button that changes nothing; Escape does the same. */
export function ConfirmCancel({ question, onConfirm, onKeep }: ConfirmCancelProps) {
  const root = useRef<HTMLDivElement>(null);
  const latest = useRef(onKeep);
  useEffect(() => {
    latest.current = onKeep;
  });
  useEffect(() => {
    const element = root.current;
    element?.querySelector('button')?.focus();
    // Escape would also close the drawer.
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      latest.current();
    };
    element?.addEventListener('keydown', onKeyDown);
    return () => element?.removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <div ref={root} className={styles.confirm} role="group" aria-label={question}>
      <span>{question}</span>
      <button type="button" className={buttons.button} onClick={onKeep}>
        {t('action.cancel.keep')}
      </button>
      <button type="button" className={classNames(buttons.button, styles.danger)} onClick={onConfirm}>
        {t('action.cancel.confirm')}
      </button>
    </div>
  );
}
