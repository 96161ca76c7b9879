import { ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { EmptyState } from '../../components/empty-state';
import { t } from '../../i18n/messages';
import { useIsOperator } from './use-rights';

/** A view for operators; others see why they do not see it. */
export function OperatorsOnly({ children }: { readonly children: ReactNode }) {
  if (useIsOperator()) return children;
  return (
    <EmptyState title={t('access.operators')} icon={ShieldAlert}>
      <p>{t('access.operators.text')}</p>
    </EmptyState>
  );
}
