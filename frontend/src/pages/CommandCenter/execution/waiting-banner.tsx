import type { ExecutionEntity, NodeEntity } from 'cecelia-client';
import { useConnectionState, useRelay } from 'cecelia-client/react';
import { MessageCircleQuestion } from 'lucide-react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { ElapsedTime } from '../../../features/relay/relative-time';
import { published } from '../../../format/text-language';
import { t, Text } from '../../../i18n/messages';
import type { ExecutionTrace } from './execution-trace';
import styles from './waiting-banner.module.css';
import { waitingNodes } from './waiting-nodes';

interface WaitingBannerProps {
  readonly execution: ExecutionEntity | undefined;
  readonly nodes: readonly NodeEntity[];
  readonly trace: ExecutionTrace;
  readonly onSelect: (id: string) => void;
  /** Moves the focus to the field for input. */
  readonly onAnswer: () => void;
}

/** Says which nodes wait for input, since when, and for an answer to what. Nothing if none does. */
export function WaitingBanner({ execution, nodes, trace, onSelect, onAnswer }: WaitingBannerProps) {
  const { connection, view, live } = useRelay();
  useConnectionState(); // The command names arrive with the connection.
  const canAnswer =
    view === live &&
    (connection.commandNames ?? []).some((name) =>
      name.endsWith('*') ? 'user_input'.startsWith(name.slice(0, -1)) : name === 'user_input',
    );
  return waitingNodes(execution, nodes, trace).map(({ id, title, question, since, isUncertain }) => (
    <div key={id ?? ''} className={styles.banner} role="alert">
      <MessageCircleQuestion size={18} aria-hidden />
      <p>
        {id === null || title === undefined ? (
          <b>{t('execution.waiting')}</b>
        ) : (
          <Text
            id="execution.waiting.node"
            values={{
              node: title,
              link: (content) => (
                <button type="button" className={styles.link} onClick={() => onSelect(id)} {...published(title)}>
                  {content}
                </button>
              ),
            }}
          />
        )}
        {isUncertain && (
          <>
            {' '}
            <span className={styles.since}>{t('execution.waiting.uncertain')}</span>
          </>
        )}
        {since !== null && !isUncertain && (
          <>
            {' '}
            <span className={styles.since}>
              <Text id="execution.for" values={{ duration: <ElapsedTime at={since} /> }} />
            </span>
          </>
        )}
        {question !== undefined && (
          <span className={styles.question} {...published(question)}>
            {question}
          </span>
        )}
      </p>
      {canAnswer && (
        <button type="button" className={classNames(buttons.button, buttons.primary)} onClick={onAnswer}>
          {t('execution.waiting.answer')}
        </button>
      )}
    </div>
  ));
}
