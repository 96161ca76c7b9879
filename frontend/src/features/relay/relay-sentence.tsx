import { toSentence } from '../../format/format-value';
import styles from './relay-sentence.module.css';

/** A sentence of the relay, beside the words of the page for its reason. It is in English in every language of the page. */
export function RelaySentence({ text }: { readonly text: string | null | undefined }) {
  if (text === null || text === undefined || text === '') return null;
  return (
    <small className={styles.sentence} translate="no" lang="en">
      {toSentence(text)}
    </small>
  );
}
