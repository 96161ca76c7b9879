import { useMemo } from 'react';
import { exactJson, isExact } from '../services/exact-json';
import { CopyButton } from './copy-button';
import styles from './json-text.module.css';

/** More than this is cut, in characters: a page is no place for megabytes. */
const limit = 32_768;

/** A value as JSON for people: text, never markup. */
export function JsonText({ value, label }: { readonly value: unknown; readonly label: string }) {
  const text = useMemo(() => exactJson(value, 2), [value]);
  const exact = useMemo(() => isExact(value), [value]);
  return (
    <div className={styles.json}>
      <pre aria-label={label} translate="no">
        {text.length > limit ? `${text.slice(0, limit)}\n… ${text.length - limit} more characters. Copy includes all of them.` : text}
      </pre>
      {!exact && <p className={styles.note}>Numbers above 2^53 may be rounded.</p>}
      <div className={styles.copy}>
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
    </div>
  );
}
