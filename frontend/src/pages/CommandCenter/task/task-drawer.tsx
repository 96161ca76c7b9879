import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import buttons from '../../../components/button.module.css';
import { ErrorBoundary } from '../../../components/error-boundary';
import { useIsNarrow } from '../../../components/use-is-narrow';
import { navigate, useRoute } from '../../../features/navigation/route';
import { t } from '../../../i18n/messages';
import styles from './task-drawer.module.css';
import { TaskDetails } from './task-details';

/** Details of the task in the route. Beside the view, which stays usable; on narrow screens over it, and modal. */
export function TaskDrawer() {
  const { task } = useRoute();
  const drawer = useRef<HTMLDialogElement>(null);
  const isOpen = task !== null;
  const isNarrow = useIsNarrow();

  const last = useRef(task);
  useEffect(() => {
    if (task !== null) last.current = task;
  });

  // Moves the focus into the drawer, and back when it closes.
  useEffect(() => {
    if (!isOpen) return;
    const previous = document.activeElement;
    return () => {
      // The card may have been replaced: the task may have moved to another column.
      const card = document.querySelector<HTMLElement>(`[data-task="${CSS.escape(last.current ?? '')}"]`);
      const target = previous instanceof HTMLElement && previous !== document.body && previous.isConnected ? previous : card;
      target?.focus({ preventScroll: true });
    };
  }, [isOpen]);

  // After the effect above, which needs the element that has the focus.
  useEffect(() => {
    const element = drawer.current;
    if (!isOpen || element === null) return;
    if (isNarrow) element.showModal();
    else element.show();
    element.focus({ preventScroll: true });
    return () => element.close();
  }, [isOpen, isNarrow]);

  if (task === null) return null;
  return (
    <dialog
      ref={drawer}
      className={styles.drawer}
      aria-label={t('task.label', { id: task })}
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
      <ErrorBoundary key={task} part={t('task.part')}>
        <TaskDetails id={task} />
      </ErrorBoundary>
    </dialog>
  );
}
