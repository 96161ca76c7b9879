import { classNames } from '../../../components/class-names';
import { t } from '../../../i18n/messages';
import { type ExecutionGroup, executionGroups } from './execution-table';
import styles from './execution-filter.module.css';

interface ExecutionFilterProps {
  readonly counts: ReadonlyMap<ExecutionGroup, number>;
  /** Number of executions in all groups. */
  readonly count: number;
  readonly group: ExecutionGroup | null;
  readonly onChange: (group: ExecutionGroup | null) => void;
}

/** Filters the executions by status. Groups without executions are left out, except the selected one. */
export function ExecutionFilter({ counts, count, group, onChange }: ExecutionFilterProps) {
  const groups = executionGroups.filter((one) => one === group || (counts.get(one) ?? 0) > 0);
  return (
    <div className={styles.filter} role="group" aria-label={t('executions.filter')}>
      <FilterButton label={t('executions.filter.all')} count={count} isPressed={group === null} onClick={() => onChange(null)} />
      {groups.map((one) => (
        <FilterButton
          key={one}
          label={t(`executions.group.${one}`)}
          count={counts.get(one) ?? 0}
          isPressed={one === group}
          className={styles[one]}
          onClick={() => onChange(one === group ? null : one)}
        />
      ))}
    </div>
  );
}

interface FilterButtonProps {
  readonly label: string;
  readonly count: number;
  readonly isPressed: boolean;
  readonly className?: string | undefined;
  readonly onClick: () => void;
}

function FilterButton({ label, count, isPressed, className, onClick }: FilterButtonProps) {
  return (
    <button type="button" className={classNames(styles.button, className)} aria-pressed={isPressed} onClick={onClick}>
      <span>{label}</span>
      <b>{t('executions.filter.count', { count })}</b>
    </button>
  );
}
