import { type ReactNode, useId } from 'react';
import { classNames } from './class-names';
import { ErrorBoundary } from './error-boundary';
import styles from './panel.module.css';

interface PanelProps {
  readonly title: string;
  /** Content beside the title, such as counts and buttons. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string | undefined;
  /** The body has no padding and scrolls on its own. */
  readonly flush?: boolean;
}

/** A titled section of a page with an error boundary of its own. */
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
