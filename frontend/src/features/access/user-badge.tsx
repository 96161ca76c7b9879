import { useAccess, useRelay } from 'cecelia-client/react';
import { LogOut, UserRound, X } from 'lucide-react';
import { useId, useRef, useState } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { useDismiss } from '../../components/use-dismiss';
import { formatClock } from '../../format/format-time';
import { useNow } from '../relay/page-clock';
import { formatRest } from './expiry';
import { RenewForm } from './renew-form';
import { pageToken } from './token-store';
import styles from './user-badge.module.css';

const roles = {
  read: 'Sees events and state. Cannot send commands.',
  command: 'Sees events and state, and sends commands.',
  admin: 'Sees everything, and operates the relay.',
} as const;

/** The user in the header, if the relay has access control. The button opens the details. */
export function UserBadge() {
  const access = useAccess();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  useDismiss(root, isOpen, () => setOpen(false));
  if (access === null) return null;
  return (
    <div ref={root} className={styles.root}>
      <button
        type="button"
        className={styles.badge}
        aria-label={`User: ${access.user} ${access.role}`}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <UserRound size={16} aria-hidden />
        <span className={styles.name} translate="no">
          {access.user}
        </span>{' '}
        <span className={styles.role}>{access.role}</span>
      </button>
      {isOpen && (
        <div id={id} className={styles.popover} role="region" aria-label="User">
          <UserDetails onClose={() => setOpen(false)} />
        </div>
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
      <header className={styles.head}>
        <h2 translate="no">{access.user}</h2>
        <button type="button" className={buttons.icon} aria-label="Close" onClick={onClose}>
          <X size={16} aria-hidden />
        </button>
      </header>
      <dl className={styles.facts}>
        <div>
          <dt>{`Role ${access.role}`}</dt>
          <dd>{roles[access.role]}</dd>
        </div>
        <div>
          <dt>Access ends</dt>
          <dd>{`${new Date(access.expires).toLocaleDateString()}, ${formatClock(access.expires)}, ${formatRest(access.expires - now)}`}</dd>
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
        <LogOut size={14} aria-hidden /> <span>Sign out</span>
      </button>
    </>
  );
}
