import { formatElapsed } from '../../format/format-time';
import { t } from '../../i18n/messages';
import type { PageMarks } from './page-marks';

/** The title with marks in front of it: `(3) Overview`, `● Offline 20 s · Overview`. @param at Now, in Unix milliseconds of the relay's clock. */
export function markedTitle(title: string, { outage, unseen }: PageMarks, at: number): string {
  const counted = unseen > 0 ? t('notify.title.unseen', { count: unseen, title }) : title;
  if (outage === null) return counted;
  const state = t(`notify.title.${outage.kind}`);
  if (outage.since === null) return t('notify.title.outage', { state, title: counted });
  return t('notify.title.outage-for', { state, duration: formatElapsed(at - outage.since), title: counted });
}

/** The title of the document: that of the view, with marks. */
class PageTitle {
  #view = '';
  #mark: (title: string) => string = unmarked;

  /** Sets the title of the view. */
  set(view: string): void {
    this.#view = view;
    this.#write();
  }

  /** Sets what is put in front of it. */
  mark(mark: (title: string) => string = unmarked): void {
    this.#mark = mark;
    this.#write();
  }

  #write(): void {
    const title = this.#view === '' ? '' : this.#mark(this.#view);
    if (title !== '' && title !== document.title) document.title = title;
  }
}

const unmarked = (title: string) => title;

export const pageTitle = new PageTitle();
