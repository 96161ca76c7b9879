import { useId, useState } from 'react';
import { type NotifyKind, notifyKinds, type NotifySettings, notifySettings, useNotifySettings } from '../features/notify/notify-settings';
import { useHasFailed } from '../features/notify/show-notification';
import { playTone } from '../features/notify/tone';
import { type MessageId, t } from '../i18n/messages';
import styles from './preferences-menu.module.css';
import { useProjects } from './project-filter';

const kindNames: Readonly<Record<NotifyKind, MessageId>> = {
  failures: 'notify.kind.failures',
  input: 'notify.kind.input',
  link: 'notify.kind.link',
  silent: 'notify.kind.silent',
};

type Permission = NotificationPermission | 'unsupported';

/** Browsers offer notifications only to pages with HTTPS or of this machine. */
function permission(): Permission {
  return typeof Notification === 'undefined' || !isSecureContext ? 'unsupported' : Notification.permission;
}

/** The choice of notifications. The browser's permission is asked for only when they are turned on. */
export function NotifyForm() {
  const settings = useNotifySettings();
  const [allowed, setAllowed] = useState(permission);
  const hasFailed = useHasFailed();
  const isOn = settings.isOn && allowed === 'granted';
  const turn = async (next: boolean) => {
    if (next && allowed === 'default') {
      const answer = await Notification.requestPermission();
      setAllowed(answer);
      if (answer !== 'granted') return;
    }
    notifySettings.change({ isOn: next });
  };
  return (
    <fieldset className={styles.choice}>
      <legend>{t('notify.settings')}</legend>
      <Check
        label={t('notify.on')}
        isChecked={isOn}
        isDisabled={allowed === 'unsupported' || allowed === 'denied'}
        onChange={(next) => void turn(next)}
      />
      {allowed === 'unsupported' && <p className={styles.note}>{t('notify.unsupported')}</p>}
      {allowed === 'denied' && <p className={styles.note}>{t('notify.denied')}</p>}
      {isOn && hasFailed && <p className={styles.note}>{t('notify.failed')}</p>}
      {isOn && <Details settings={settings} />}
    </fieldset>
  );
}

function Details({ settings: { kinds, projects, hasSound } }: { readonly settings: NotifySettings }) {
  const known = useProjects();
  const listed = [...new Set([...known, ...(projects ?? [])])];
  const toggled = <T,>(list: readonly T[], value: T, isIn: boolean) => [...list.filter((one) => one !== value), ...(isIn ? [value] : [])];
  return (
    <div className={styles.details}>
      {notifyKinds.map((kind) => (
        <Check
          key={kind}
          label={t(kindNames[kind])}
          isChecked={kinds.includes(kind)}
          onChange={(isIn) => notifySettings.change({ kinds: toggled(kinds, kind, isIn) })}
        />
      ))}
      <Check
        label={t('notify.sound')}
        isChecked={hasSound}
        onChange={(next) => {
          notifySettings.change({ hasSound: next });
          // The click also allows the page to play it later.
          if (next) void playTone();
        }}
      />
      <Check
        label={t('notify.projects.all')}
        isChecked={projects === null}
        onChange={(all) => notifySettings.change({ projects: all ? null : known })}
      />
      {projects !== null && (
        <div className={styles.projects}>
          {listed.map((id) => (
            <Check
              key={id}
              label={id}
              isName
              isChecked={projects.includes(id)}
              onChange={(isIn) => notifySettings.change({ projects: toggled(projects, id, isIn) })}
            />
          ))}
        </div>
      )}
    </div>
  );
}

interface CheckProps {
  readonly label: string;
  /** Whether the label is the name of a project. */
  readonly isName?: boolean;
  readonly isChecked: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: (isChecked: boolean) => void;
}

function Check({ label, isName = false, isChecked, isDisabled = false, onChange }: CheckProps) {
  const id = useId();
  return (
    <label htmlFor={id}>
      <input id={id} type="checkbox" checked={isChecked} disabled={isDisabled} onChange={(event) => onChange(event.target.checked)} />
      <span {...(isName && { translate: 'no' as const })}>{label}</span>
    </label>
  );
}
