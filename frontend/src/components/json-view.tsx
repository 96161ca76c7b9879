import { exactJson, isExact } from 'cecelia-client';
import { useMemo } from 'react';
import { CopyButton } from './copy-button';
import styles from './json-view.module.css';

/** Maximum number of characters displayed. Longer JSON is truncated. */
const maxLength = 32_768;

/** Displays a value as formatted JSON, always as text and never as markup. */
export function JsonView({ value, label }: { readonly value: unknown; readonly label: string }) {
  const text = useMemo(() => exactJson(value, 2), [value]);
  const exact = useMemo(() => isExact(value), [value]);
  return (
    <div className={styles.json}>
      <pre aria-label={label} translate="no">
        {text.length > maxLength
          ? `${text.slice(0, maxLength)}\n… ${text.length - maxLength} more characters. Copy includes all of them.`
          : text}
      </pre>
      {!exact && <p className={styles.note}>Numbers above 2^53 may be rounded.</p>}
      <div className={styles.copy}>
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
    </div>
  );
}
