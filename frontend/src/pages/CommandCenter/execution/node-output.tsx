import { useRelay, useVersion } from 'cecelia-client/react';
import { ArrowDown } from 'lucide-react';
import { memo, useLayoutEffect, useMemo, useRef, useState } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { CopyButton } from '../../../components/copy-button';
import { published } from '../../../format/text-language';
import { t } from '../../../i18n/messages';
import styles from './node-output.module.css';
import { type TextBlock, TextBlocks } from './text-blocks';

interface NodeOutputProps {
  readonly executionId: string;
  readonly nodeId: string;
}

/** Distance from the end in pixels up to which the output follows. */
const nearEnd = 32;

/** The streamed output of a node. Follows the end unless the user scrolls up. */
export function NodeOutput({ executionId, nodeId }: NodeOutputProps) {
  const { view } = useRelay();
  const version = useVersion('nodes');
  const texts = useMemo(() => new TextBlocks(), []);
  // Only new text is processed; an unchanged text returns the same blocks.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the text grows in place, `version` changes with it
  const blocks = useMemo(() => texts.update(view.text(executionId, nodeId)), [texts, view, executionId, nodeId, version]);
  const scroller = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (isFollowing && element !== null) element.scrollTop = element.scrollHeight;
  }, [blocks, isFollowing]);

  const onScroll = () => {
    const element = scroller.current;
    if (element !== null) setFollowing(element.scrollHeight - element.scrollTop - element.clientHeight < nearEnd);
  };
  const isEmpty = blocks.every(({ text }) => text === '');
  return (
    <div className={styles.streamed}>
      <div
        ref={scroller}
        className={styles.text}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={t('execution.output.of', { node: nodeId })}
      >
        {texts.hidden > 0 && <p className={styles.hidden}>{t('execution.output.hidden', { count: texts.hidden })}</p>}
        {isEmpty ? (
          <p className={styles.hidden}>{t('execution.output.none')}</p>
        ) : (
          blocks.map((block) => <Block key={block.key} block={block} />)
        )}
      </div>
      {!isEmpty && (
        <div className={styles.copy}>
          <CopyButton text={() => view.text(executionId, nodeId)} label={t('execution.output.copy')} />
        </div>
      )}
      {!isFollowing && (
        <button type="button" className={classNames(buttons.button, buttons.primary, styles.follow)} onClick={() => setFollowing(true)}>
          <ArrowDown size={14} aria-hidden /> <span>{t('execution.output.follow')}</span>
        </button>
      )}
    </div>
  );
}

const Block = memo(function Block({ block }: { readonly block: TextBlock }) {
  return (
    <div className={styles.block} {...published(block.text)}>
      {block.text}
    </div>
  );
});
