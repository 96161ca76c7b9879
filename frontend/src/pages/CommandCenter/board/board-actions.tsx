import { useRelay } from 'cecelia-client/react';
import { SquareCheck } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import buttons from '../../../components/button.module.css';
import { ActionMenus } from '../../../features/actions/action-menu';
import type { ActionTarget } from '../../../features/actions/actions';
import { type Selection, SelectionContext, useIsSelecting } from '../../../features/actions/selection';
import { SelectionBar } from '../../../features/actions/selection-bar';
import { routeHref, useRoute } from '../../../features/navigation/route';
import { t } from '../../../i18n/messages';
import { taskTitle } from '../task/task-facts';
import { taskTarget } from '../task/task-target';
import styles from './card-actions.module.css';

interface BoardActionsProps {
  /** `null`: no action is allowed. */
  readonly selection: Selection | null;
  readonly children: ReactNode;
}

/** The actions for the tasks of the board: a menu of each card, and a bar for those selected. The caller rerenders when tasks change. */
export function BoardActions({ selection, children }: BoardActionsProps) {
  const { view } = useRelay();
  const route = useRoute();
  const { tasks } = view.sections;
  // A target is made once for each entity, which is replaced when the task changes.
  const targets = useRef(new WeakMap<object, ActionTarget>());
  const targetOf = (id: string) => {
    const task = tasks.get(id);
    if (task === undefined) return undefined;
    let target = targets.current.get(task);
    if (target === undefined) targets.current.set(task, (target = taskTarget(task)));
    return target;
  };
  const nameOf = (id: string) => {
    const task = tasks.get(id);
    return task === undefined ? id : taskTitle(task);
  };
  return (
    <>
      <SelectionContext value={selection}>
        <ActionMenus
          isEnabled={selection !== null}
          targetOf={targetOf}
          nameOf={nameOf}
          hrefOf={(execution) => routeHref({ ...route, view: 'executions', execution, task: null })}
        >
          {children}
        </ActionMenus>
      </SelectionContext>
      {selection !== null && <SelectionBar selection={selection} targetOf={targetOf} />}
    </>
  );
}

/** Begins and ends the mode in which a press on a card selects it. */
export function SelectButton({ selection }: { readonly selection: Selection }) {
  const isSelecting = useIsSelecting(selection);
  return (
    <button
      type="button"
      className={`${buttons.button ?? ''} ${styles.select ?? ''}`}
      aria-pressed={isSelecting}
      onClick={() => selection.turn(!isSelecting)}
    >
      <SquareCheck size={14} aria-hidden /> <span>{t(isSelecting ? 'action.select.end' : 'action.select')}</span>
    </button>
  );
}
