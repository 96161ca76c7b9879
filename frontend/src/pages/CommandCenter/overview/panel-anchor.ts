/** A panel of the overview that a link can lead to. */
export type PanelName = 'connection' | 'failures' | 'slots' | 'trends' | 'running' | 'queue';

/** The id of the element. The fragment of the address is the route, so that links cannot use it. */
export function panelId(name: PanelName): string {
  return `overview-${name}`;
}

/** Scrolls to a panel and focuses it. */
export function showPanel(name: PanelName): void {
  const panel = document.getElementById(panelId(name));
  panel?.scrollIntoView({ block: 'nearest' });
  panel?.focus({ preventScroll: true });
}
