import { MoreHorizontal } from 'lucide-react';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { t } from '../../i18n/messages';
import { ActionBar } from './action-bar';
import type { ActionTarget } from './actions';
import styles from './action-menu.module.css';

type OpenMenu = (id: string, anchor: Element) => void;

const MenuContext = createContext<OpenMenu | null>(null);

interface ActionMenusProps {
  /** Returns the target of an id; `undefined`: it no longer exists. The same object as long as nothing changed. */
  readonly targetOf: (id: string) => ActionTarget | undefined;
  readonly nameOf: (id: string) => string;
  /** Returns the address of an execution. */
  readonly hrefOf: (execution: string) => string;
  readonly isEnabled: boolean;
  readonly children: ReactNode;
}

/** One menu of actions for all rows below. It stays open while its row moves, so that the verdict can be read. */
export function ActionMenus({ targetOf, nameOf, hrefOf, isEnabled, children }: ActionMenusProps) {
  const [opened, setOpened] = useState<{ readonly id: string; readonly at: DOMRect } | null>(null);
  const open = useCallback<OpenMenu>((id, anchor) => setOpened({ id, at: anchor.getBoundingClientRect() }), []);
  const target = opened === null ? undefined : targetOf(opened.id);
  return (
    <MenuContext value={isEnabled ? open : null}>
      {children}
      {opened !== null && target !== undefined && (
        <Menu key={opened.id} at={opened.at} label={t('action.menu', { name: nameOf(opened.id) })} onClose={() => setOpened(null)}>
          <ActionBar target={target} hrefOf={hrefOf} />
        </Menu>
      )}
    </MenuContext>
  );
}

interface MenuProps {
  readonly at: DOMRect;
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

const margin = 8;

/** The browser closes a popover on a press beside it, and restores the focus. */
function Menu({ at, label, onClose, children }: MenuProps) {
  const root = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = root.current;
    if (element === null) return;
    element.showPopover();
    const { width, height } = element.getBoundingClientRect();
    const below = at.bottom + 4;
    element.style.left = `${Math.max(margin, Math.min(at.right - width, innerWidth - width - margin))}px`;
    element.style.top = `${below + height + margin <= innerHeight ? below : Math.max(margin, at.top - height - 4)}px`;
    element.querySelector('button')?.focus();
  }, [at]);
  // Wherever the focus is. The shortcuts of the page prevent the default action of Escape, and would close the details of a task.
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      root.current?.hidePopover();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <div
      ref={root}
      popover="auto"
      className={styles.menu}
      role="dialog"
      aria-label={label}
      onToggle={({ newState }) => {
        if (newState === 'closed') onClose();
      }}
    >
      {children}
    </div>
  );
}

/** Opens the menu of a row. Nothing where no action is allowed. */
export function ActionMenuButton({ id, name }: { readonly id: string; readonly name: string }) {
  const open = useContext(MenuContext);
  if (open === null) return null;
  return (
    <button
      type="button"
      className={styles.button}
      aria-haspopup="dialog"
      aria-label={t('action.menu', { name })}
      onClick={({ currentTarget }) => open(id, currentTarget)}
    >
      <MoreHorizontal size={16} aria-hidden />
    </button>
  );
}
