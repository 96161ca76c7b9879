import { Download } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import buttons from '../../components/button.module.css';
import { classNames } from '../../components/class-names';
import { copyText } from '../../components/copy-button';
import popovers from '../../components/popover.module.css';
import { useDismiss } from '../../components/use-dismiss';
import { type MessageId, t } from '../../i18n/messages';
import { pageToken } from '../access/token-store';
import { useRoute } from '../navigation/route';
import { curlOfRoute } from './curl';
import styles from './export-menu.module.css';
import { offerExport } from './present-export';
import { exportFormats, saveShown, type ShownData } from './shown-data';

/** The menu of a view that saves what it shows, and copies the request for it. `collect` is called when the menu opens. */
export function ExportMenu({ collect }: { readonly collect: () => ShownData }) {
  const [data, setData] = useState<ShownData | null>(null);
  const [outcome, setOutcome] = useState<MessageId | null>(null);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const route = useRoute();
  useDismiss(root, data !== null, () => setData(null));
  useEffect(() => offerExport(collect), [collect]);
  const copy = (text: string) => {
    copyText(text).then(
      () => setOutcome('common.copy.done'),
      () => setOutcome('common.copy.refused'),
    );
  };
  return (
    <div ref={root} className={popovers.anchor}>
      <button
        type="button"
        className={buttons.button}
        aria-expanded={data !== null}
        aria-controls={id}
        onClick={() => {
          setOutcome(null);
          setData(data === null ? collect() : null);
        }}
      >
        <Download size={14} aria-hidden /> <span>{t('export.title')}</span>
      </button>
      {data !== null && (
        <div id={id} className={classNames(popovers.popover, popovers.inContent, styles.menu)} role="group" aria-label={t('export.title')}>
          <p>{t('export.rows', { count: data.count, missing: data.missing })}</p>
          {exportFormats.map((format) => (
            <button key={format} type="button" className={buttons.button} onClick={() => saveShown(data, format)}>
              {t(`export.${format}`)}
            </button>
          ))}
          <button type="button" className={buttons.button} onClick={() => copy(location.href)}>
            {t('export.link')}
          </button>
          <button
            type="button"
            className={buttons.button}
            onClick={() => copy(curlOfRoute(route, document.baseURI, pageToken.signIn.token !== ''))}
          >
            {t('export.curl')}
          </button>
          <p>{t('export.curl.hint')}</p>
          <p role="status">{outcome !== null && t(outcome)}</p>
        </div>
      )}
    </div>
  );
}
