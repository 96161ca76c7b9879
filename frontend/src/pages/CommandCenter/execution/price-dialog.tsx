import { Download, Plus, Trash2, Upload, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import buttons from '../../../components/button.module.css';
import { classNames } from '../../../components/class-names';
import dialogs from '../../../components/dialog.module.css';
import { t } from '../../../i18n/messages';
import { downloadText } from '../../../features/export/download';
import styles from './price-dialog.module.css';
import { savePrices, usePrices } from './price-store';
import { anyModel, parsePrices, type PriceTable } from './prices';

interface PriceDialogProps {
  /** Models of this execution, as suggestions. */
  readonly models: readonly string[];
  readonly onClose: () => void;
}

interface Row {
  readonly key: number;
  readonly model: string;
  readonly input: string;
  readonly output: string;
}

/** Sets the prices of models. They are kept in this browser; there are no others. */
export function PriceDialog({ models, onClose }: PriceDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const prices = usePrices();
  const [currency, setCurrency] = useState(prices.currency);
  const [rows, setRows] = useState(() => rowsOf(prices, models));
  const [error, setError] = useState<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);

  const change = (key: number, part: Partial<Row>) => setRows(rows.map((row) => (row.key === key ? { ...row, ...part } : row)));
  const read = (): PriceTable | null => {
    try {
      setError(null);
      return tableOf(currency, rows);
    } catch (problem) {
      setError(t('execution.prices.invalid', { why: problem instanceof Error ? problem.message : String(problem) }));
      return null;
    }
  };
  const load = async (chosen: File) => {
    try {
      const table = parsePrices(await chosen.text());
      setCurrency(table.currency);
      setRows(rowsOf(table, []));
      setError(null);
    } catch (problem) {
      setError(t('execution.prices.invalid', { why: problem instanceof Error ? problem.message : String(problem) }));
    }
  };
  return (
    <dialog
      ref={dialog}
      className={classNames(dialogs.dialog, styles.dialog)}
      onCancel={onClose}
      onClose={onClose}
      aria-labelledby="prices-title"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const table = read();
          if (table === null) return;
          savePrices(table);
          dialog.current?.close();
        }}
      >
        <header className={dialogs.head}>
          <h2 id="prices-title">{t('execution.prices')}</h2>
          <button type="button" className={buttons.icon} onClick={() => dialog.current?.close()} aria-label={t('common.close')}>
            <X size={16} aria-hidden />
          </button>
        </header>
        <p>{t('execution.prices.text')}</p>
        <label className={styles.currency}>
          <span>{t('execution.prices.currency')}</span>
          <input
            className={buttons.field}
            value={currency}
            onChange={({ target }) => setCurrency(target.value.toUpperCase())}
            maxLength={3}
            spellCheck={false}
            autoComplete="off"
          />
        </label>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('execution.prices.model')}</th>
              <th scope="col">{t('execution.prices.input')}</th>
              <th scope="col">{t('execution.prices.output')}</th>
              <td />
            </tr>
          </thead>
          <tbody>
            {rows.map(({ key, model, input, output }) => (
              <tr key={key}>
                <td>
                  <input
                    className={buttons.field}
                    value={model}
                    aria-label={t('execution.prices.model')}
                    onChange={({ target }) => change(key, { model: target.value })}
                    maxLength={200}
                    spellCheck={false}
                    autoComplete="off"
                  />
                </td>
                <td>
                  <PriceField value={input} label={t('execution.prices.input')} onChange={(value) => change(key, { input: value })} />
                </td>
                <td>
                  <PriceField value={output} label={t('execution.prices.output')} onChange={(value) => change(key, { output: value })} />
                </td>
                <td>
                  <button
                    type="button"
                    className={buttons.icon}
                    aria-label={t('execution.prices.remove', { model })}
                    onClick={() => setRows(rows.filter((row) => row.key !== key))}
                  >
                    <Trash2 size={15} aria-hidden />
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        <p className={styles.error} role="alert">
          {error}
        </p>
        <footer>
          <button type="button" className={buttons.button} onClick={() => setRows([...rows, emptyRow(nextKey(rows), '')])}>
            <Plus size={14} aria-hidden /> <span>{t('execution.prices.add')}</span>
          </button>
          <button type="button" className={buttons.button} onClick={() => file.current?.click()}>
            <Upload size={14} aria-hidden /> <span>{t('execution.prices.import')}</span>
          </button>
          <button
            type="button"
            className={buttons.button}
            onClick={() => {
              const table = read();
              if (table !== null) downloadText('prices.json', JSON.stringify(table, null, 2), 'application/json');
            }}
          >
            <Download size={14} aria-hidden /> <span>{t('execution.prices.export')}</span>
          </button>
          <button type="submit" className={classNames(buttons.button, buttons.primary)}>
            {t('execution.prices.save')}
          </button>
        </footer>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          hidden
          aria-label={t('execution.prices.import')}
          onChange={({ target }) => {
            const chosen = target.files?.[0];
            if (chosen !== undefined) void load(chosen);
            target.value = '';
          }}
        />
      </form>
    </dialog>
  );
}

function PriceField({
  value,
  label,
  onChange,
}: {
  readonly value: string;
  readonly label: string;
  readonly onChange: (value: string) => void;
}) {
  return (
    <input
      className={buttons.field}
      value={value}
      aria-label={label}
      onChange={({ target }) => onChange(target.value)}
      inputMode="decimal"
      maxLength={12}
      autoComplete="off"
    />
  );
}

function rowsOf({ models }: PriceTable, more: readonly string[]): readonly Row[] {
  const priced = Object.entries(models).map(([model, { input, output }], key) => ({ key, model, input: `${input}`, output: `${output}` }));
  const missing = more.filter((model) => !Object.hasOwn(models, model));
  const rows = [...priced, ...missing.map((model, index) => emptyRow(priced.length + index, model))];
  return rows.length === 0 ? [emptyRow(0, anyModel)] : rows;
}

function emptyRow(key: number, model: string): Row {
  return { key, model, input: '', output: '' };
}

function nextKey(rows: readonly Row[]): number {
  return Math.max(-1, ...rows.map(({ key }) => key)) + 1;
}

/** Rows without any price are left out. @throws TypeError if a value is not valid. */
function tableOf(currency: string, rows: readonly Row[]): PriceTable {
  const number = (text: string) => (text.trim() === '' ? Number.NaN : Number(text.trim().replace(',', '.')));
  const models = rows
    .filter(({ input, output }) => input.trim() !== '' || output.trim() !== '')
    .map(({ model, input, output }) => [model.trim(), { input: number(input), output: number(output) }] as const);
  return parsePrices(JSON.stringify({ currency, models: Object.fromEntries(models) }));
}
