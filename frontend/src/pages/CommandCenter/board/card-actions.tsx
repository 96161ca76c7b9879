import type { TaskEntity } from 'cecelia-client';
import { ActionMenuButton } from '../../../features/actions/action-menu';
import { SelectBox } from '../../../features/actions/select-box';
import { useIsSelecting, useViewSelection } from '../../../features/actions/selection';
import { taskTitle } from '../task/task-facts';
import styles from './card-actions.module.css';

interface CardActionsProps {
  readonly task: TaskEntity;
  /** The ids of the column in their order. */
  readonly order: () => readonly string[];
}

/** The menu of a card, or while cards are being selected, what selects it. */
export function CardActions({ task, order }: CardActionsProps) {
  const selection = useViewSelection();
  const isSelecting = useIsSelecting(selection);
  if (selection === null) return null;
  const name = taskTitle(task);
  if (!isSelecting) return <ActionMenuButton id={task.id} name={name} />;
  return <SelectBox selection={selection} id={task.id} name={name} order={order} className={styles.cover} />;
}
