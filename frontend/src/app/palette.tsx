import { useRelay } from 'cecelia-client/react';
import { Command } from 'cmdk';
import { useEffect, useMemo, useRef, useState } from 'react';
import { classNames } from '../components/class-names';
import dialogs from '../components/dialog.module.css';
import { useIsOperator } from '../features/access/use-rights';
import { useRoute } from '../features/navigation/route';
import { addRecentItem, recentItems } from '../features/palette/recent-items';
import { published } from '../format/text-language';
import { t } from '../i18n/messages';
import { paletteGroups, type PaletteItem, paletteItems } from './palette-items';
import styles from './palette.module.css';

/** Searches views, actions, projects, tasks, executions and preferences. Loaded when it is opened. The native dialog traps the focus and restores it. */
export function Palette({ onClose }: { readonly onClose: () => void }) {
  const { view } = useRelay();
  const route = useRoute();
  const isOperator = useIsOperator();
  const [query, setQuery] = useState('');
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    element?.querySelector('input')?.focus(); // The browser would focus the list around it.
    return () => element?.close();
  }, []);
  // The state is searched when the query changes, not with every event. Not deferred: Enter chooses the first item of the text that is shown.
  const items = useMemo(() => paletteItems(view, route, query, recentItems(), isOperator), [view, route, query, isOperator]);
  const choose = (item: PaletteItem) => {
    addRecentItem(item.key);
    dialog.current?.close(); // Restores the focus before the action moves it.
    item.run();
  };
  return (
    <dialog
      ref={dialog}
      className={classNames(dialogs.dialog, styles.dialog)}
      aria-label={t('palette.title')}
      // Close at once: until the close event, keys would still go to the hidden field.
      onCancel={onClose}
      onClose={(event) => {
        if (!event.currentTarget.open) onClose();
      }}
    >
      <Command label={t('palette.title')} shouldFilter={false} loop>
        <Command.Input className={styles.input} value={query} onValueChange={setQuery} placeholder={t('palette.hint')} maxLength={200} />
        <Command.List className={styles.list} label={t('palette.results')}>
          <Command.Empty className={styles.none}>{t('palette.none')}</Command.Empty>
          {paletteGroups.map((group) => {
            const found = items.filter((item) => item.group === group);
            if (found.length === 0) return null;
            return (
              <Command.Group key={group} heading={t(`palette.group.${group}`)}>
                {found.map((item) => (
                  <Command.Item key={item.key} className={styles.item} value={item.key} onSelect={() => choose(item)}>
                    <span {...(item.isPublished && published(item.label))}>{item.label}</span>
                    {item.detail !== undefined && <small translate="no">{item.detail}</small>}
                  </Command.Item>
                ))}
              </Command.Group>
            );
          })}
        </Command.List>
      </Command>
    </dialog>
  );
}
