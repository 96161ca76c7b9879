import { useEffect, useState } from 'react';

/** Of an event's row, in pixels: one line, or two where there is no room beside each other. */
export function useRowHeight(): number {
  const [height, setHeight] = useState(measure);
  useEffect(() => {
    const changed = () => setHeight(measure());
    addEventListener('resize', changed);
    return () => removeEventListener('resize', changed);
  }, []);
  return height;
}

function measure(): number {
  const letters = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  return Math.round((innerWidth < 720 ? 52 : 34) * letters);
}
