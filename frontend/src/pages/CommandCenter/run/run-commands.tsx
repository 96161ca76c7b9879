import { CornerDownLeft, LoaderCircle, Pause, Play } from 'lucide-react';
import { useState } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import { useConnectionState, useRelay } from '../../../components/relay-context';
import { hasEnded, statusKind, statusWords } from '../../../components/status-kind';
import styles from './run-commands.module.css';
import { type CommandState, useCommand } from './use-command';

interface RunCommandsProps {
  readonly executionId: string;
  readonly status: string | undefined;
}

/** What can be told to the run, where the relay takes commands, and what became of the last. */
export function RunCommands({ executionId, status }: RunCommandsProps) {
  const { connection } = useRelay();
  useConnectionState(); // The names are there when the connection is.
  const { state, send } = useCommand();
  const [text, setText] = useState('');
  const names = connection.commandNames ?? [];
  const takes = (name: string) => names.includes(name) || names.includes('*');
  if (!['pause_session', 'resume_session', 'user_input'].some(takes) || hasEnded(status)) return null;

  const isPending = state.status === 'pending';
  const isPaused = statusKind(status) === 'paused';
  const about = { execution_id: executionId };
  return (
    <div className={styles.commands}>
      {takes('pause_session') && (
        <button type="button" className={buttons.button} disabled={isPending || isPaused} onClick={() => void send('pause_session', about)}>
          <Pause size={14} aria-hidden /> <span>Pause</span>
        </button>
      )}
      {takes('resume_session') && (
        <button
          type="button"
          className={buttons.button}
          disabled={isPending || !isPaused}
          onClick={() => void send('resume_session', about)}
        >
          <Play size={14} aria-hidden /> <span>Resume</span>
        </button>
      )}
      {takes('user_input') && (
        <form
          className={styles.input}
          onSubmit={(event) => {
            event.preventDefault();
            if (text.trim() === '' || isPending) return;
            void send('user_input', { ...about, text }).then((isSent) => {
              if (isSent) setText('');
            });
          }}
        >
          <input
            className={buttons.field}
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="Send input to the execution"
            aria-label="Send input to the execution"
            maxLength={4000}
          />
          <button type="submit" className={classNames(buttons.button, buttons.primary)} disabled={isPending || text.trim() === ''}>
            <CornerDownLeft size={14} aria-hidden /> <span>Send</span>
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
          <LoaderCircle size={14} className={styles.turns} aria-hidden /> <span>{`${commandTitle(state.name)}: sending`}</span>
        </>
      );
    case 'failed':
      return <span className={styles.failed}>{`${commandTitle(state.name)}: ${state.words}`}</span>;
    case 'done':
      return (
        <span className={state.reply?.isError === true ? styles.failed : styles.done}>
          {`${commandTitle(state.name)}: ${state.reply?.words ?? state.words}`}
        </span>
      );
  }
}

function commandTitle(name: string): string {
  return statusWords(name.replace(/_session$/, '').replace('user_', ''));
}
