import { useAccess } from 'cecelia-client/react';
import { Hourglass } from 'lucide-react';
import unseen from '../../components/visually-hidden.module.css';
import { t } from '../../i18n/messages';
import { useNow } from '../relay/page-clock';
import { formatRest, warningMs } from './expiry';
import styles from './expiry-warning.module.css';
import { RenewForm } from './renew-form';

/** Announces the end of the access, with a field for a new token. */
export function ExpiryWarning() {
  const access = useAccess();
  return access === null ? null : <Warning expires={access.expires} />;
}

function Warning({ expires }: { readonly expires: number }) {
  const rest = expires - useNow();
  if (rest > warningMs) return null;
  return (
    <section className={styles.warning} aria-label={t('access.warning')}>
      <p className={unseen.hidden} role="alert">
        {t('access.warning.soon')}
      </p>
      <p className={styles.text}>
        <Hourglass size={16} aria-hidden />
        <span>{rest < 1000 ? t('access.warning.now') : t('access.warning.rest', { rest: formatRest(rest) })}</span>
      </p>
      <RenewForm />
    </section>
  );
}
