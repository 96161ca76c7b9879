import type { PageMarks } from './page-marks';

const fills = { grey: '#6b7280', amber: '#b45309', red: '#d61f2c' } as const;
const maxCount = 99;

const line = { fill: 'none', stroke: '#fff', 'stroke-width': 3, 'stroke-linecap': 'round' };

/** An icon in the color of the marks, as the source of an SVG image. With unseen failures it shows their number, otherwise the letter of the logo. */
export function iconSource({ color, unseen, outage }: PageMarks): string {
  const square = element('rect', { width: 32, height: 32, rx: 8, fill: color === 'none' ? '#4f46e5' : fills[color] });
  const content = square + (unseen > 0 ? number(unseen) : letter(outage !== null));
  return element('svg', { xmlns: 'http://www.w3.org/2000/svg', viewBox: '0 0 32 32' }, content);
}

function number(count: number): string {
  const text = count > maxCount ? `${maxCount}+` : String(count);
  const size = [25, 20, 15][text.length - 1] ?? 15;
  const font = { 'font-family': 'system-ui,sans-serif', 'font-weight': 700, 'font-size': size };
  return element('text', { x: 16, y: 16 + size * 0.36, ...font, fill: '#fff', 'text-anchor': 'middle' }, text);
}

/** @param isCrossed Whether a line crosses it, since not everyone can distinguish colors. */
function letter(isCrossed: boolean): string {
  const arc = element('path', { d: 'M21.5 11.2A7.5 7.5 0 1 0 21.5 20.8', ...line });
  return isCrossed ? arc + element('path', { d: 'M5 27 27 5', ...line }) : arc;
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, content = ''): string {
  const list = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
  return `<${name}${list.join('')}>${content}</${name}>`;
}

let usual: string | null = null;
let shown = '';

/** Draws the marks on the icon of the page, or shows its usual icon. Nothing is done if the icon is the same. */
export function showIcon(marks: PageMarks | null): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
  if (link === null) return;
  usual ??= link.href;
  const isUsual = marks === null || (marks.color === 'none' && marks.unseen === 0);
  const href = isUsual ? usual : `data:image/svg+xml,${encodeURIComponent(iconSource(marks))}`;
  if (href === shown) return;
  shown = href;
  link.href = href;
}
