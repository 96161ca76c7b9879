import { useRef, useState } from 'react';
import { CircleAlert, CircleCheck, CircleHelp, LoaderCircle } from 'lucide-react';
import buttons from '../../components/button.module.css';
import { t } from '../../i18n/messages';
import { ActionIcon } from './action-icon';
import { type Action, type ActionTarget, isPossible } from './actions';
import styles from './actions.module.css';
import { isSettled, type Verdict } from './command-verdict';
import { ConfirmCancel } from './confirm-cancel';
import { InputForm } from './input-form';
import { type SentAction, useAction, useActionsOfPresent, useAllowedActions } from './use-actions';
import { RelaySentence } from '../relay/relay-sentence';
import { verdictSentence, verdictText } from './verdict-text';

interface ActionBarProps {
  /** The same object as long as nothing changed. */
  readonly target: ActionTarget;
  /** Returns the address of an execution. */
  readonly hrefOf: (execution: string) => string;
}

/** The actions for a task or an execution, as far as they are allowed and make sense, and the verdict of the last one. */
export function ActionBar({ target, hrefOf }: ActionBarProps) {
  const allowed = useAllowedActions();
  const wouldBe = useActionsOfPresent();
  const { sent, send } = useAction(target);
  const [asking, setAsking] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  if (wouldBe.some((action) => isPossible(action, target.status))) return <p className={styles.past}>{t('history.commands')}</p>;
  const possible = allowed.filter((action) => isPossible(action, target.status));
  if (possible.length === 0 && sent === null) return null;
  const isBusy = sent !== null && !isSettled(sent.verdict);
  const isAsking = asking && possible.includes('cancel');
  // The focused button disappears with the question.
  const endAsking = () => {
    setAsking(false);
    root.current?.focus();
  };
  const press = (action: Action) => (action === 'cancel' ? setAsking(true) : send(action));
  return (
    <div ref={root} className={styles.bar} role="group" aria-label={t('action.label')} tabIndex={-1}>
      {isAsking ? (
        <ConfirmCancel
          question={t('action.cancel.ask', { kind: target.kind })}
          onKeep={endAsking}
          onConfirm={() => {
            endAsking();
            send('cancel');
          }}
        />
      ) : (
        possible
          .filter((action) => action !== 'input')
          .map((action) => (
            <button key={action} type="button" className={buttons.button} disabled={isBusy} onClick={() => press(action)}>
              <ActionIcon action={action} /> <span>{t(`action.${action}`)}</span>
            </button>
          ))
      )}
      {possible.includes('input') && <InputForm isBusy={isBusy} onSend={(text) => send('input', text)} />}
      <p className={styles.verdict} role="status">
        {sent !== null && <VerdictLine sent={sent} target={target} hrefOf={hrefOf} />}
      </p>
    </div>
  );
}

function VerdictLine({ sent: { action, verdict }, target, hrefOf }: { readonly sent: SentAction } & ActionBarProps) {
  const kind = verdictKind(verdict);
  const created = action === 'retry' && verdict.status === 'done' && verdict.execution !== target.id ? verdict.execution : undefined;
  return (
    <span className={styles[kind]} data-verdict={verdict.status}>
      <VerdictIcon kind={kind} /> <span>{verdictText(action, verdict)}</span> <RelaySentence text={verdictSentence(verdict)} />
      {created !== undefined && <a href={hrefOf(created)}>{t('action.retry.open')}</a>}
    </span>
  );
}

type VerdictKind = 'pending' | 'done' | 'failed' | 'open';

function verdictKind({ status }: Verdict): VerdictKind {
  switch (status) {
    case 'sending':
    case 'received':
      return 'pending';
    case 'done':
      return 'done';
    case 'refused':
    case 'impossible':
      return 'failed';
    case 'unanswered':
    case 'unknown':
      return 'open';
  }
}

export function VerdictIcon({ kind }: { readonly kind: VerdictKind }) {
  if (kind === 'pending') return <LoaderCircle size={14} className={styles.turns} aria-hidden />;
  const Icon = { done: CircleCheck, failed: CircleAlert, open: CircleHelp }[kind];
  return <Icon size={14} aria-hidden />;
}
