import { X } from 'lucide-react';
import { useState } from 'react';
import buttons from '../../components/button.module.css';
import { t } from '../../i18n/messages';
import { RelaySentence } from '../relay/relay-sentence';
import { VerdictIcon } from './action-bar';
import { ActionIcon } from './action-icon';
import { type Action, type ActionTarget, isPossible } from './actions';
import actionStyles from './actions.module.css';
import { type Batch, batchLimit } from './batch';
import { batchSummary, settledCount } from './batch-summary';
import { ConfirmCancel } from './confirm-cancel';
import { InputForm } from './input-form';
import { type Selection, useSelectedIds } from './selection';
import styles from './selection.module.css';
import { useAllowedActions } from './use-actions';
import { useBatch } from './use-batch';

interface SelectionBarProps {
  readonly selection: Selection;
  /** Returns the target of an id; `undefined`: it no longer exists. */
  readonly targetOf: (id: string) => ActionTarget | undefined;
}

/** The actions for all selected rows, their progress, and a summary of the verdicts. */
export function SelectionBar({ selection, targetOf }: SelectionBarProps) {
  const ids = useSelectedIds(selection);
  const allowed = useAllowedActions();
  const { batch, run, stop, dismiss } = useBatch();
  const [open, setOpen] = useState<'cancel' | 'input' | null>(null);
  const targets = [...ids].flatMap((id) => targetOf(id) ?? []);
  if (targets.length === 0 && batch === null) return null;
  const isRunning = batch?.isRunning === true;
  const targetsOf = (action: Action) => targets.filter(({ status }) => isPossible(action, status));
  const possible = allowed.filter((action) => targetsOf(action).length > 0);
  const start = (action: Action, text?: string) => {
    setOpen(null);
    run(action, targetsOf(action), text);
  };
  return (
    <section className={styles.bar} aria-label={t('action.selected', { count: targets.length })}>
      <p className={styles.count}>
        <b>{t('action.selected', { count: targets.length })}</b>
        {selection.isFull && <small>{t('action.selected.full', { count: batchLimit })}</small>}
      </p>
      {!isRunning && open === 'cancel' && possible.includes('cancel') ? (
        <ConfirmCancel
          question={t('action.cancel.ask.many', { count: targetsOf('cancel').length })}
          onKeep={() => setOpen(null)}
          onConfirm={() => start('cancel')}
        />
      ) : !isRunning ? (
        <div className={actionStyles.bar} role="group" aria-label={t('action.label')}>
          {possible.map((action) => (
            <button
              key={action}
              type="button"
              className={buttons.button}
              aria-expanded={action === 'input' ? open === 'input' : undefined}
              onClick={() => (action === 'cancel' || action === 'input' ? setOpen(open === action ? null : action) : start(action))}
            >
              <ActionIcon action={action} />{' '}
              <span>{t('action.batch.button', { action: t(`action.${action}`), count: targetsOf(action).length })}</span>
            </button>
          ))}
          {open === 'input' && possible.includes('input') && <InputForm isBusy={false} onSend={(text) => start('input', text)} />}
        </div>
      ) : null}
      {batch !== null && <BatchState batch={batch} onStop={stop} />}
      <button
        type="button"
        className={`${buttons.icon ?? ''} ${styles.clear ?? ''}`}
        aria-label={t('action.selected.clear')}
        title={t('action.selected.clear')}
        disabled={isRunning}
        onClick={() => {
          dismiss();
          setOpen(null);
          selection.clear();
        }}
      >
        <X size={16} aria-hidden />
      </button>
    </section>
  );
}

function BatchState({ batch, onStop }: { readonly batch: Batch; readonly onStop: () => void }) {
  const done = settledCount(batch);
  return (
    <div className={styles.batch}>
      {batch.isRunning && (
        <p className={styles.progress}>
          <progress value={done} max={batch.count} aria-label={t(`action.${batch.action}`)} />
          <span>{t('action.batch.progress', { action: t(`action.${batch.action}`), done, count: batch.count })}</span>
          <button type="button" className={buttons.button} onClick={onStop}>
            {t('action.batch.stop')}
          </button>
        </p>
      )}
      <div role="status">
        {!batch.isRunning && (
          <ul className={styles.summary} aria-label={t('action.batch.result')}>
            {batchSummary(batch).map(({ kind, text, sentence }) => (
              <li key={text} className={actionStyles[kind]}>
                <VerdictIcon kind={kind} /> <span>{text}</span>
                <RelaySentence text={sentence} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
