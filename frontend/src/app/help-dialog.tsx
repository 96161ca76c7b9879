import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import buttons from '../components/button.module.css';
import { classNames } from '../components/class-names';
import dialogs from '../components/dialog.module.css';
import { t } from '../i18n/messages';
import styles from './help-dialog.module.css';
import { shortcuts } from './shortcuts';

interface HelpDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Lists the keyboard shortcuts. The native dialog traps focus and restores it on close. */
export function HelpDialog({ isOpen, onClose }: HelpDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog
      ref={dialog}
      className={classNames(dialogs.dialog, styles.dialog)}
      onCancel={onClose}
      onClose={onClose}
      aria-labelledby="help-title"
    >
      <header className={dialogs.head}>
        <h2 id="help-title">{t('shell.shortcuts')}</h2>
        <button type="button" className={buttons.icon} onClick={onClose} aria-label={t('shell.shortcuts.close')}>
          <X size={16} aria-hidden />
        </button>
      </header>
      <dl>
        {shortcuts.map(({ keys, description }) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(description)}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
