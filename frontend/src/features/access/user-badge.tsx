import { useAccess, useRelay } from 'cecelia-client/react';
import { LogOut, UserRound, X } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import popovers from '../../components/popover.module.css';
import { useDismiss } from '../../components/use-dismiss';
import { formatDateAndClock, timeZoneText } from '../../format/format-time';
import { published } from '../../format/text-language';
import { type MessageId, t } from '../../i18n/messages';
import { useNow } from '../relay/page-clock';
import { formatRest } from './expiry';
import { RenewForm } from './renew-form';
import { pageToken } from './token-store';
import styles from './user-badge.module.css';

const roles: Readonly<Record<'read' | 'command' | 'admin', MessageId>> = {
  read: 'access.role.read',
  command: 'access.role.command',
  admin: 'access.role.admin',
};

/** The user in the header, if the relay has access control. The button opens the details. */
export function UserBadge() {
  const access = useAccess();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  useDismiss(root, isOpen, () => setOpen(false));
  if (access === null) return null;
  return (
    <div ref={root} className={popovers.anchor}>
      <button
        type="button"
        className={styles.badge}
        aria-label={t('access.user.button', { user: access.user, role: access.role })}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <UserRound size={16} aria-hidden />
        <span className={styles.name} {...published(access.user)}>
          {access.user}
        </span>{' '}
        <span className={styles.role} translate="no">
          {access.role}
        </span>
      </button>
      {isOpen && (
        <section id={id} className={classNames(popovers.popover, styles.details)} aria-label={t('access.user')}>
          <UserDetails onClose={() => setOpen(false)} />
        </section>
      )}
    </div>
  );
}

function UserDetails({ onClose }: { readonly onClose: () => void }) {
  const { connection } = useRelay();
  const access = useAccess();
  const now = useNow();
  if (access === null) return null;
  return (
    <>
      <header className={popovers.head}>
        <h2 {...published(access.user)}>{access.user}</h2>
        <button type="button" className={buttons.icon} aria-label={t('common.close')} onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      </header>
      <dl className={classNames(popovers.facts, styles.facts)}>
        <div>
          <dt>{t('access.role', { role: access.role })}</dt>
          <dd>{t(roles[access.role])}</dd>
        </div>
        <div>
          <dt>{t('access.ends')}</dt>
          <dd title={timeZoneText()}>
            {t('access.ends.at', { time: formatDateAndClock(access.expires), rest: formatRest(access.expires - now) })}
          </dd>
        </div>
      </dl>
      <RenewForm />
      <button
        type="button"
        className={classNames(buttons.button, styles.out)}
        onClick={() => {
          pageToken.set('');
          connection.close();
          location.reload();
        }}
      >
        <LogOut size={14} aria-hidden /> <span>{t('access.sign-out')}</span>
      </button>
    </>
  );
}
