import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import buttons from '../../../components/button.module.css';
import { ErrorBoundary } from '../../../components/error-boundary';
import { useIsNarrow } from '../../../components/use-is-narrow';
import { navigate } from '../../../features/navigation/route';
import { t } from '../../../i18n/messages';
import styles from './task-drawer.module.css';
import { TaskDetails } from './task-details';

/** Details of a task. Beside the view, which stays usable; on narrow screens over it, and modal. */
export function TaskDrawer({ taskId }: { readonly taskId: string }) {
  const drawer = useRef<HTMLDialogElement>(null);
  const isNarrow = useIsNarrow();

  const last = useRef(taskId);
  useEffect(() => {
    last.current = taskId;
  });

  // Moves the focus into the drawer, and back when it closes.
  useEffect(() => {
    const previous = document.activeElement;
    return () => {
      // The card may have been replaced: the task may have moved to another column.
      const card = document.querySelector<HTMLElement>(`[data-task="${CSS.escape(last.current)}"]`);
      const target = previous instanceof HTMLElement && previous !== document.body && previous.isConnected ? previous : card;
      target?.focus({ preventScroll: true });
    };
  }, []);

  // After the effect above, which needs the element that has the focus.
  useEffect(() => {
    const element = drawer.current;
    if (element === null) return;
    if (isNarrow) element.showModal();
    else element.show();
    element.focus({ preventScroll: true });
    return () => element.close();
  }, [isNarrow]);

  return (
    <dialog
      ref={drawer}
      className={styles.drawer}
      aria-label={t('task.label', { id: taskId })}
      tabIndex={-1}
      onCancel={(event) => {
        event.preventDefault(); // The route closes it.
        navigate({ task: null });
      }}
    >
      <button
        type="button"
        className={`${buttons.icon ?? ''} ${styles.close ?? ''}`}
        onClick={() => navigate({ task: null })}
        aria-label={t('task.close')}
        title={t('common.close.escape')}
      >
        <X size={18} aria-hidden />
      </button>
      <ErrorBoundary key={taskId} part={t('task.part')}>
        <TaskDetails id={taskId} />
      </ErrorBoundary>
    </dialog>
  );
}
