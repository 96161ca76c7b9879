import type { ShownData } from './shown-data';

type Collect = () => ShownData;

let present: Collect | null = null;

/** Offers the export of a view as long as it is shown. Returns a function that withdraws it. */
export function offerExport(collect: Collect): () => void {
  present = collect;
  return () => {
    if (present === collect) present = null;
  };
}

/** Returns what the present view offers; `null`: it has nothing to export. */
export function presentExport(): Collect | null {
  return present;
}
