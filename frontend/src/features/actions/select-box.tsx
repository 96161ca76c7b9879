import { t } from '../../i18n/messages';
import { type Selection, useIsSelected, useSelectedIds } from './selection';
import styles from './selection.module.css';

interface SelectBoxProps {
  readonly selection: Selection;
  readonly id: string;
  readonly name: string;
  /** The ids of the view in their order, for a range. */
  readonly order: () => readonly string[];
  readonly className?: string | undefined;
}

/** Selects one row. With Shift the rows up to it. */
export function SelectBox({ selection, id, name, order, className }: SelectBoxProps) {
  const isSelected = useIsSelected(selection, id);
  return (
    <label className={className ?? styles.box}>
      <input
        type="checkbox"
        checked={isSelected}
        aria-label={t('action.select.one', { name })}
        onChange={({ nativeEvent }) => {
          if (nativeEvent instanceof MouseEvent && nativeEvent.shiftKey) selection.toggleTo(id, order());
          else selection.toggle(id);
        }}
      />
    </label>
  );
}

/** Selects all rows, up to the limit, or none. */
export function SelectAllBox({ selection, order }: Pick<SelectBoxProps, 'selection' | 'order'>) {
  const ids = useSelectedIds(selection);
  return (
    <label className={styles.box}>
      <input
        type="checkbox"
        checked={ids.size > 0}
        ref={(input) => {
          if (input !== null) input.indeterminate = ids.size > 0 && !selection.isFull && ids.size < order().length;
        }}
        aria-label={t('action.select.all')}
        onChange={() => (ids.size > 0 ? selection.clear() : selection.add(order()))}
      />
    </label>
  );
}
