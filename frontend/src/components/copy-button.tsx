import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { type MessageId, t } from '../i18n/messages';
import styles from './button.module.css';

interface CopyButtonProps {
  readonly text: string | (() => string);
  readonly label: string;
}

const labels: Readonly<Record<'none' | 'copied' | 'refused', MessageId>> = {
  none: 'common.copy',
  copied: 'common.copy.done',
  refused: 'common.copy.refused',
};

/** Copies a text to the clipboard and shows the outcome. */
export function CopyButton({ text, label }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<keyof typeof labels>('none');
  useEffect(() => {
    if (outcome === 'none') return;
    const timer = setTimeout(() => setOutcome('none'), 2000);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = () => {
    copyText(typeof text === 'string' ? text : text()).then(
      () => setOutcome('copied'),
      () => setOutcome('refused'),
    );
  };
  const Icon = outcome === 'copied' ? Check : Copy;
  return (
    <button type="button" className={styles.button} onClick={copy} aria-label={label}>
      <Icon size={14} aria-hidden />
      <span aria-live="polite">{t(labels[outcome])}</span>
    </button>
  );
}

/** The clipboard API exists only in secure contexts (HTTPS and localhost). */
export async function copyText(text: string): Promise<void> {
  // The types declare it as always present.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) throw new Error('The clipboard API is not available on this page');
  await clipboard.writeText(text);
}
