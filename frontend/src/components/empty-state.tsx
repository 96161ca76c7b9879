import { Inbox, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names';
import styles from './empty-state.module.css';

interface EmptyStateProps {
  readonly title: string;
  readonly icon?: LucideIcon;
  readonly children?: ReactNode;
  /** Compact layout for a section of a panel. */
  readonly small?: boolean;
}

/** A placeholder for an empty view or list, with the reason. */
export function EmptyState({ title, icon: Icon = Inbox, children, small }: EmptyStateProps) {
  return (
    <div className={classNames(styles.empty, small && styles.small)}>
      <Icon size={small === true ? 16 : 28} strokeWidth={small === true ? 1.75 : 1.5} aria-hidden />
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.more}>{children}</div>}
    </div>
  );
}
