import { SlidersHorizontal } from 'lucide-react';
import { type ReactNode, useId, useRef, useState } from 'react';
import buttons from '../components/button.module.css';
import { classNames } from '../components/class-names';
import { CopyButton } from '../components/copy-button';
import popovers from '../components/popover.module.css';
import { chooseTheme, type Theme, themes, useTheme } from '../components/theme';
import { useDismiss } from '../components/use-dismiss';
import { navigate, useRoute, wallAddress } from '../features/navigation/route';
import { type MessageId, t } from '../i18n/messages';
import { type Language, languageNames, languages } from '../i18n/languages';
import { language, type TimeZone, timeZone, timeZones } from '../i18n/preferences';
import { NotifyForm } from './notify-form';
import styles from './preferences-menu.module.css';

const themeNames: Readonly<Record<Theme, MessageId>> = {
  system: 'shell.preferences.theme.system',
  light: 'shell.preferences.theme.light',
  dark: 'shell.preferences.theme.dark',
};

/** The button in the header that opens the choice of theme, language and time zone. */
export function PreferencesMenu() {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const { project } = useRoute();
  useDismiss(root, isOpen, () => setOpen(false));
  return (
    <div ref={root} className={popovers.anchor}>
      <button
        type="button"
        className={buttons.icon}
        aria-label={t('shell.preferences')}
        title={t('shell.preferences')}
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => setOpen(!isOpen)}
      >
        <SlidersHorizontal size={17} aria-hidden />
      </button>
      {isOpen && (
        <div id={id} className={classNames(popovers.popover, styles.menu)} role="region" aria-label={t('shell.preferences')}>
          <Choice<Theme>
            label={t('shell.preferences.theme')}
            value={theme}
            values={themes}
            onChoose={chooseTheme}
            nameOf={(one) => t(themeNames[one])}
          />
          <Choice<Language>
            label={t('shell.preferences.language')}
            value={language.get()}
            values={languages}
            onChoose={(one) => {
              language.choose(one);
              navigate({ lang: null });
            }}
            nameOf={(one) => <span lang={one}>{languageNames[one]}</span>}
          />
          <Choice<TimeZone>
            label={t('shell.preferences.time')}
            value={timeZone.get()}
            values={timeZones}
            onChoose={(one) => timeZone.choose(one)}
            nameOf={(one) =>
              one === 'utc'
                ? t('shell.preferences.time.utc')
                : t('shell.preferences.time.local', { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })
            }
          />
          <NotifyForm />
          <div className={styles.wall}>
            <span title={t('wall.copy.hint')}>{t('wall.link')}</span>
            <CopyButton label={t('wall.copy')} text={() => wallAddress(project)} />
          </div>
        </div>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly values: readonly T[];
  readonly onChoose: (value: T) => void;
  readonly nameOf: (value: T) => ReactNode;
}

function Choice<T extends string>({ label, value, values, onChoose, nameOf }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className={styles.choice}>
      <legend>{label}</legend>
      {values.map((one) => (
        <label key={one}>
          <input type="radio" name={name} checked={one === value} onChange={() => onChoose(one)} />
          <span>{nameOf(one)}</span>
        </label>
      ))}
    </fieldset>
  );
}
