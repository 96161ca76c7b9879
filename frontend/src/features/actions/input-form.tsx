import { CornerDownLeft } from 'lucide-react';
import { useState } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { t } from '../../i18n/messages';
import { inputLength } from './actions';
import styles from './actions.module.css';

interface InputFormProps {
  readonly isBusy: boolean;
  readonly onSend: (text: string) => void;
}

/** A field for input to an execution. The text stays until the next input, so that a refused one is not lost. */
export function InputForm({ isBusy, onSend }: InputFormProps) {
  const [text, setText] = useState('');
  const isEmpty = text.trim() === '';
  return (
    <form
      className={styles.input}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isEmpty && !isBusy) onSend(text);
      }}
    >
      <input
        className={buttons.field}
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={t('action.input.hint')}
        aria-label={t('action.input.hint')}
        maxLength={inputLength}
      />
      <button type="submit" className={classNames(buttons.button, buttons.primary)} disabled={isBusy || isEmpty}>
        <CornerDownLeft size={14} aria-hidden /> <span>{t('action.input.send')}</span>
      </button>
    </form>
  );
}
