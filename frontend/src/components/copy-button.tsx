import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import styles from './button.module.css';

interface CopyButtonProps {
  readonly text: string | (() => string);
  readonly label: string;
}

/** Puts a text on the clipboard, and says whether it did. */
export function CopyButton({ text, label }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'none' | 'copied' | 'refused'>('none');
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
      <span aria-live="polite">{{ none: 'Copy', copied: 'Copied', refused: 'Copy failed' }[outcome]}</span>
    </button>
  );
}

/** The clipboard is there for pages from HTTPS and from this machine alone. */
async function copyText(text: string): Promise<void> {
  // Not everywhere, whatever the types say.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard === undefined) throw new Error('The clipboard API is not available on this page');
  await clipboard.writeText(text);
}
