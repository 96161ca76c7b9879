const key = 'cecelia.palette';
const limit = 8;

/** The keys of the items that were chosen last in this browser, newest first. */
export function recentItems(): readonly string[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(stored) ? stored.filter((one) => typeof one === 'string').slice(0, limit) : [];
  } catch {
    return []; // Storage is disabled, or holds something else.
  }
}

export function addRecentItem(item: string): void {
  try {
    localStorage.setItem(key, JSON.stringify([item, ...recentItems().filter((one) => one !== item)].slice(0, limit)));
  } catch {
    // Storage is disabled.
  }
}
