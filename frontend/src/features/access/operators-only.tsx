import { ShieldAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import { EmptyState } from '../../components/empty-state';
import { useIsOperator } from './use-rights';

/** A view for operators; others see why they do not see it. */
export function OperatorsOnly({ children }: { readonly children: ReactNode }) {
  if (useIsOperator()) return children;
  return (
    <EmptyState title="For administrators" icon={ShieldAlert}>
      <p>Your token does not have the role admin.</p>
    </EmptyState>
  );
}
