import { X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import buttons from '../../../components/button.module.css';
import { ErrorBoundary } from '../../../components/error-boundary';
import { go, useRoute } from '../../../components/route';
import styles from './task-drawer.module.css';
import { TaskStory } from './task-story';

/** All that is known of the task that the address names, beside the view. It is no modal: the view stays in use. */
export function TaskDrawer() {
  const { task } = useRoute();
  const drawer = useRef<HTMLElement>(null);
  const isOpen = task !== null;

  const last = useRef(task);
  useEffect(() => {
    if (task !== null) last.current = task;
  });

  // Whoever opened it by a key goes on in it, and is back where they were when it closes.
  useEffect(() => {
    if (!isOpen) return;
    const before = document.activeElement;
    drawer.current?.focus({ preventScroll: true });
    return () => {
      // The card may be another by now: the task has gone on to the next column.
      const card = document.querySelector<HTMLElement>(`[data-task="${CSS.escape(last.current ?? '')}"]`);
      const back = before instanceof HTMLElement && before !== document.body && before.isConnected ? before : card;
      back?.focus({ preventScroll: true });
    };
  }, [isOpen]);

  if (task === null) return null;
  return (
    <aside ref={drawer} className={styles.drawer} role="dialog" aria-label={`Task ${task}`} tabIndex={-1}>
      <button
        type="button"
        className={`${buttons.icon ?? ''} ${styles.close ?? ''}`}
        onClick={() => go({ task: null })}
        aria-label="Close task details"
        title="Close (Esc)"
      >
        <X size={18} aria-hidden />
      </button>
      <ErrorBoundary key={task} part="Task details">
        <TaskStory id={task} />
      </ErrorBoundary>
    </aside>
  );
}
