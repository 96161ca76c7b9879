import { useConnectionState, useRelay } from 'cecelia-client/react';
import { CornerDownLeft, LoaderCircle, Pause, Play } from 'lucide-react';
import { useState } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { hasEnded, statusKind } from '../../../format/status-kind';
import { findMessage, t } from '../../../i18n/messages';
import styles from './execution-commands.module.css';
import { type CommandState, useCommand } from './use-command';

interface ExecutionCommandsProps {
  readonly executionId: string;
  readonly status: string | undefined;
}

/** The commands that the relay accepts for the execution, and the result of the last one. */
export function ExecutionCommands({ executionId, status }: ExecutionCommandsProps) {
  const { connection } = useRelay();
  useConnectionState(); // Rerenders when the connection is established: the command names arrive with it.
  const { state, send } = useCommand();
  const [text, setText] = useState('');
  const names = connection.commandNames ?? [];
  const isAllowed = (name: string) => names.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : one === name));
  if (!['pause_session', 'resume_session', 'user_input'].some(isAllowed) || hasEnded(status)) return null;

  const isPending = state.status === 'pending';
  const isPaused = statusKind(status) === 'paused';
  const target = { execution_id: executionId };
  return (
    <div className={styles.commands}>
      {isAllowed('pause_session') && (
        <button
          type="button"
          className={buttons.button}
          disabled={isPending || isPaused}
          onClick={() => void send('pause_session', target)}
        >
          <Pause size={14} aria-hidden /> <span>{t('execution.command.pause')}</span>
        </button>
      )}
      {isAllowed('resume_session') && (
        <button
          type="button"
          className={buttons.button}
          disabled={isPending || !isPaused}
          onClick={() => void send('resume_session', target)}
        >
          <Play size={14} aria-hidden /> <span>{t('execution.command.resume')}</span>
        </button>
      )}
      {isAllowed('user_input') && (
        <form
          className={styles.input}
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() === '' || isPending) return;
            void send('user_input', { ...target, text }).then((isSent) => {
              if (isSent) setText('');
            });
          }}
        >
          <input
            className={buttons.field}
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder={t('execution.command.input.hint')}
            aria-label={t('execution.command.input.hint')}
            maxLength={4000}
          />
          <button type="submit" className={classNames(buttons.button, buttons.primary)} disabled={isPending || text.trim() === ''}>
            <CornerDownLeft size={14} aria-hidden /> <span>{t('execution.command.send')}</span>
          </button>
        </form>
      )}
      <p className={styles.outcome} role="status">
        <Outcome state={state} />
      </p>
    </div>
  );
}

function Outcome({ state }: { readonly state: CommandState }) {
  switch (state.status) {
    case 'none':
      return null;
    case 'pending':
      return (
        <>
          <LoaderCircle size={14} className={styles.turns} aria-hidden />{' '}
          <span>{t('execution.command.sending', { command: commandTitle(state.name) })}</span>
        </>
      );
    case 'failed':
      return <span className={styles.failed}>{outcomeText(state.name, state.text)}</span>;
    case 'done':
      return (
        <span className={state.reply?.isError === true ? styles.failed : styles.done}>
          {outcomeText(state.name, state.reply?.text ?? state.text)}
        </span>
      );
  }
}

function outcomeText(name: string, outcome: string): string {
  return t('execution.command.outcome', { command: commandTitle(name), outcome });
}

function commandTitle(name: string): string {
  const id = findMessage('execution.command.', name.replace(/_session$/, '').replace('user_', ''));
  return id === undefined ? name : t(id);
}
