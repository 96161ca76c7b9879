import { exactJson, isExact } from 'cecelia-client';
import { useMemo } from 'react';
import { published } from '../format/text-language';
import { t } from '../i18n/messages';
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
      <pre aria-label={label} {...published(text)}>
        {text.slice(0, maxLength)}
      </pre>
      {text.length > maxLength && <p className={styles.note}>{t('common.json.more', { count: text.length - maxLength })}</p>}
      {!exact && <p className={styles.note}>{t('common.json.rounded')}</p>}
      <div className={styles.copy}>
        <CopyButton text={text} label={t('common.copy.named', { name: label })} />
      </div>
    </div>
  );
}
