import { classNames } from './class-names';
import styles from './choice-group.module.css';

interface ChoiceGroupProps<T extends string | number> {
  readonly label: string;
  readonly value: T;
  readonly values: readonly T[];
  readonly nameOf: (value: T) => string;
  readonly onChoose: (value: T) => void;
}

/** A row of buttons of which one is chosen. */
export function ChoiceGroup<T extends string | number>({ label, value, values, nameOf, onChoose }: ChoiceGroupProps<T>) {
  return (
    <span className={styles.group} role="group" aria-label={label}>
      {values.map((one) => (
        <button
          key={one}
          type="button"
          className={classNames(styles.choice, one === value && styles.chosen)}
          aria-pressed={one === value}
          onClick={() => onChoose(one)}
        >
          {nameOf(one)}
        </button>
      ))}
    </span>
  );
}
