import { RelayProvider, useRelay } from 'cecelia-client/react';
import type { ReactNode } from 'react';

/** Content that is of the present, also while the page shows an earlier moment: its ages are relative to now. */
export function Present({ children }: { readonly children: ReactNode }) {
  const { live } = useRelay();
  return <RelayProvider view={live}>{children}</RelayProvider>;
}
