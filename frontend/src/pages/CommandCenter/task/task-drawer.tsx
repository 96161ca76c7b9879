import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import buttons from '../../../components/button.module.css';
import { ErrorBoundary } from '../../../components/error-boundary';
import { navigate, useRoute } from '../../../features/navigation/route';
import { t } from '../../../i18n/messages';
import styles from './task-drawer.module.css';
import { TaskDetails } from './task-details';

/** Details of the task in the route, beside the view. The drawer is not modal: the view stays usable. */
export function TaskDrawer() {
  const { task } = useRoute();
  const drawer = useRef<HTMLElement>(null);
  const isOpen = task !== null;

  const last = useRef(task);
  useEffect(() => {
    if (task !== null) last.current = task;
  });

  // Moves the focus into the drawer, and back when it closes.
  useEffect(() => {
    if (!isOpen) return;
    const previous = document.activeElement;
    drawer.current?.focus({ preventScroll: true });
    return () => {
      // The card may have been replaced: the task may have moved to another column.
      const card = document.querySelector<HTMLElement>(`[data-task="${CSS.escape(last.current ?? '')}"]`);
      const target = previous instanceof HTMLElement && previous !== document.body && previous.isConnected ? previous : card;
      target?.focus({ preventScroll: true });
    };
  }, [isOpen]);

  if (task === null) return null;
  return (
    <aside ref={drawer} className={styles.drawer} role="dialog" aria-label={t('task.label', { id: task })} tabIndex={-1}>
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
    </aside>
  );
}
