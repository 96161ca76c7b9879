import { type ReactNode, useId } from 'react';
import { classNames } from './class-names';
import { ErrorBoundary } from './error-boundary';
import styles from './panel.module.css';

interface PanelProps {
  readonly title: string;
  /** Beside the title: counts, buttons. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  /** The body reaches the edges, and scrolls within. */
  readonly flush?: boolean;
}

/** A part of a page under a heading. An error in it leaves the rest of the page. */
export function Panel({ title, aside, children, className, flush }: PanelProps) {
  const id = useId();
  return (
    <section className={classNames(styles.panel, className)} aria-labelledby={id}>
      <header className={styles.header}>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className={styles.aside}>{aside}</div>}
      </header>
      <div className={classNames(styles.body, flush && styles.flush)}>
        <ErrorBoundary part={title}>{children}</ErrorBoundary>
      </div>
    </section>
  );
}
