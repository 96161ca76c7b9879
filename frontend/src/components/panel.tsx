import { type ReactNode, type RefObject, useEffect, useId, useRef, useState } from 'react';
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
  const end = useRef<HTMLElement>(null);
  const scrolls = useIsOutOfSight(end);
  return (
    <section className={classNames(styles.panel, className)} aria-labelledby={id}>
      <header className={styles.header}>
        <h2 id={id}>{title}</h2>
        {aside !== undefined && <div className={styles.aside}>{aside}</div>}
      </header>
      <div
        className={classNames(styles.body, flush && styles.flush)}
        // Only a body that scrolls is a tab stop, for the keys that scroll it.
        {...(flush && scrolls && { role: 'group', 'aria-labelledby': id, tabIndex: 0 })}
      >
        <ErrorBoundary part={title}>{children}</ErrorBoundary>
        {flush && <i ref={end} aria-hidden />}
      </div>
    </section>
  );
}

/** Whether the end of a body lies outside of it. Neither reads the layout nor renders while that stays the same. */
function useIsOutOfSight(end: RefObject<HTMLElement | null>): boolean {
  const [isOut, setOut] = useState(false);
  useEffect(() => {
    const body = end.current?.parentElement;
    if (end.current === null || body == null) return;
    const observer = new IntersectionObserver((entries) => setOut(entries.at(-1)?.isIntersecting === false), { root: body });
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [end]);
  return isOut;
}
