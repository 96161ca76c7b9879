import { useAccess } from 'cecelia-client/react';
import { useSyncExternalStore } from 'react';
import { pageToken, type SignIn } from './token-store';

/** Whether this page is signed in. */
export function useSignIn(): SignIn {
  return useSyncExternalStore(pageToken.subscribe, () => pageToken.signIn);
}

/** Whether this page may see what is for operators: with the role admin, or if the relay has no access control. */
export function useIsOperator(): boolean {
  const access = useAccess();
  const { token } = useSignIn();
  // Until the relay has answered, a page with a token does not know its role.
  return access === null ? token === '' : access.role === 'admin';
}
