import type { Problem } from 'cecelia-client';
import { useRelay } from 'cecelia-client/react';
import { useEffect, useState } from 'react';
import { t } from '../../i18n/messages';
import { denialText } from './denial-text';
import { TokenForm } from './token-form';
import { pageToken } from './token-store';

type Renewal =
  | { readonly status: 'none' }
  | { readonly status: 'pending'; readonly before: string }
  | { readonly status: 'accepted' }
  | { readonly status: 'failed'; readonly error: string };

/** Sends a new token on the open connection. If the relay does not accept it, the present one stays in use. */
export function RenewForm() {
  const { connection } = useRelay();
  const [renewal, setRenewal] = useState<Renewal>({ status: 'none' });
  useEffect(() => {
    if (renewal.status !== 'pending') return;
    const stops = [
      connection.on('relay:token', ({ data }) => {
        if (data.status === 'accepted') setRenewal({ status: 'accepted' });
      }),
      connection.onProblem((problem) => {
        const reason = tokenRefusal(problem);
        if (reason === null) return;
        pageToken.set(renewal.before);
        setRenewal({ status: 'failed', error: denialText(reason) ?? reason.message });
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [connection, renewal]);
  return (
    <>
      <TokenForm
        label={t('access.token.new')}
        button={t('access.renew')}
        isPending={renewal.status === 'pending'}
        error={renewal.status === 'failed' ? renewal.error : null}
        onToken={(token) => {
          const before = pageToken.signIn.token;
          if (token === before) return setRenewal({ status: 'failed', error: t('access.token.same') });
          setRenewal({ status: 'pending', before });
          pageToken.set(token);
          connection.renew();
        }}
      />
      <p role="status">{renewal.status === 'accepted' ? t('access.renewed') : ''}</p>
    </>
  );
}

/** The reason and text of a problem that is the relay's answer to a token; `null` for others. */
function tokenRefusal({ kind, message }: Problem): { readonly reason: string; readonly message: string } | null {
  const [, reason, text] = /^(token_\w+|role_required|keys_unavailable): (.*)$/.exec(message) ?? [];
  return kind === 'refused_by_relay' && reason !== undefined && text !== undefined ? { reason, message: text } : null;
}
