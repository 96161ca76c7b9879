import { RotateCw, TriangleAlert } from 'lucide-react';
import { Component, type ReactNode } from 'react';
import { t } from '../i18n/messages';
import buttons from './button.module.css';
import { EmptyState } from './empty-state';

interface ErrorBoundaryProps {
  /** Name of the enclosed part of the page in the error message, such as `The board`. */
  readonly part: string;
  readonly children: ReactNode;
}

/** Shows the error in place of the enclosed part. The rest of the page stays in use. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, { error: Error | null }> {
  override state = { error: null as Error | null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div role="alert">
        <EmptyState title={t('common.error.title', { part: this.props.part })} icon={TriangleAlert}>
          <p>
            <code translate="no">{`${error.name}: ${error.message}`}</code>
          </p>
          <p>{t('common.error.text')}</p>
          <p className={buttons.below}>
            <button type="button" className={buttons.button} onClick={() => this.setState({ error: null })}>
              {t('common.try-again')}
            </button>
            <button type="button" className={buttons.button} onClick={() => location.reload()}>
              <RotateCw size={14} aria-hidden /> <span>{t('common.error.reload')}</span>
            </button>
          </p>
        </EmptyState>
      </div>
    );
  }
}
