import { useIsNarrow } from '../../../components/use-is-narrow';
import { maxRows } from './overview-model';

/** A phone shows the lists one below the other, so that each is short. */
const onPhone = 6;

/** Returns the number of rows of a list of tasks. */
export function useRowLimit(): number {
  return useIsNarrow() ? onPhone : maxRows;
}
