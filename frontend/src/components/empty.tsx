import { Inbox, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { classNames } from './class-names';
import styles from './empty.module.css';

interface EmptyProps {
  readonly title: string;
  readonly icon?: LucideIcon;
  readonly children?: ReactNode;
  /** In a line or two, for a part of a panel. */
  readonly small?: boolean;
}

/** What stands where there is nothing, and why. */
export function Empty({ title, icon: Icon = Inbox, children, small }: EmptyProps) {
  return (
    <div className={classNames(styles.empty, small && styles.small)}>
      <Icon size={small === true ? 16 : 28} strokeWidth={small === true ? 1.75 : 1.5} aria-hidden />
      <p className={styles.title}>{title}</p>
      {children !== undefined && <div className={styles.more}>{children}</div>}
    </div>
  );
}
