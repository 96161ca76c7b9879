import { type ReactNode, useId, useState } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { t } from '../../i18n/messages';
import styles from './token-form.module.css';
import { parseToken } from './token-store';

interface TokenFormProps {
  readonly label: string;
  readonly button: ReactNode;
  readonly isPending?: boolean;
  /** Why the last token was not accepted. */
  readonly error: string | null;
  readonly onToken: (token: string) => void;
}

/** A field for a token. What is entered is hidden, and not offered to the password manager. */
export function TokenForm({ label, button, isPending = false, error, onToken }: TokenFormProps) {
  const id = useId();
  const [text, setText] = useState('');
  const [isInvalid, setInvalid] = useState(false);
  const shown = isInvalid ? t('access.token.invalid') : error;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (isPending || text.trim() === '') return;
        const token = parseToken(text);
        setInvalid(token === null);
        if (token === null) return;
        setText('');
        onToken(token);
      }}
    >
      <label htmlFor={id}>{label}</label>
      <div className={styles.row}>
        <input
          id={id}
          className={classNames(buttons.field, styles.field)}
          type="password"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-invalid={shown !== null}
          aria-describedby={shown === null ? undefined : `${id}-error`}
        />
        <button type="submit" className={classNames(buttons.button, buttons.primary)} disabled={isPending || text.trim() === ''}>
          {button}
        </button>
      </div>
      {shown !== null && (
        <p id={`${id}-error`} className={styles.error} role="alert">
          {shown}
        </p>
      )}
    </form>
  );
}
