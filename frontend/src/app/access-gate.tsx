import { isConnected } from 'cecelia-client';
import { useAccess, useConnectionState, useRelay } from 'cecelia-client/react';
import { type ReactNode, useEffect, useState } from 'react';
import { SignInPage } from './sign-in-page';
import { pageToken } from '../features/access/token-store';
import { useSignIn } from '../features/access/use-rights';
import { useLanguage } from '../i18n/preferences';

/** Shows the views once the relay has let this page in, and the sign-in page if it requires a token. */
export function AccessGate({ children }: { readonly children: ReactNode }) {
  const { connection } = useRelay();
  const state = useConnectionState();
  const access = useAccess();
  const { isRequired } = useSignIn();
  const language = useLanguage();
  const [user, setUser] = useState<string | null>(null);
  useEffect(() => pageToken.watch(connection), [connection]);
  if (access !== null && user === null) setUser(access.user);
  // The state in the page is that of the user before.
  const isOther = access !== null && user !== null && access.user !== user;
  useEffect(() => {
    if (isOther) location.reload();
  }, [isOther]);
  if (isOther) return null;
  return isRequired && !isConnected(state) ? <SignInPage key={language} /> : children;
}
