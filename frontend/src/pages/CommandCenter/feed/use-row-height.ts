import { useEffect, useState } from 'react';

/** Returns the height of a row in pixels: one line, or two on narrow screens. */
export function useRowHeight(): number {
  const [height, setHeight] = useState(measure);
  useEffect(() => {
    const onResize = () => setHeight(measure());
    addEventListener('resize', onResize);
    return () => removeEventListener('resize', onResize);
  }, []);
  return height;
}

function measure(): number {
  const fontScale = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
  return Math.round((innerWidth < 720 ? 52 : 34) * fontScale);
}
