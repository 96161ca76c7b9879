import { Search } from 'lucide-react';
import buttons from './button.module.css';
import { classNames } from './class-names';
import styles from './search-field.module.css';

interface SearchFieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly label: string;
  readonly placeholder: string;
}

/** The search field of a view. The shortcut `/` focuses it. */
export function SearchField({ value, onChange, label, placeholder }: SearchFieldProps) {
  return (
    <div className={styles.search} role="search">
      <Search size={14} aria-hidden />
      <input
        type="search"
        className={classNames(buttons.field, styles.input)}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          if (value === '') event.currentTarget.blur();
          else onChange('');
        }}
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={placeholder}
        autoComplete="off"
        spellCheck={false}
        data-search
      />
    </div>
  );
}
