import { type ComponentType, type ReactNode, Suspense, use, useState } from 'react';

/** A part of the page with a file of its own. */
export interface LoadedPart<P extends object> {
  (props: P & { readonly fallback?: ReactNode }): ReactNode;
  /** Loads the file, unless it was loaded before. A part that is loaded is rendered at once. */
  readonly load: () => Promise<void>;
}

/** Returns a component that loads its file when it is first rendered, or before. If that fails, the error boundary around it can try again. */
export function loadedPart<P extends object>(load: () => Promise<ComponentType<P>>): LoadedPart<P> {
  let component: ComponentType<P> | undefined;
  let loading: Promise<ComponentType<P>> | undefined;
  const start = () => {
    loading ??= load().then(
      (loaded) => (component = loaded),
      (error: unknown) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };
  // React hides what is pending behind the fallback, also for a promise that is fulfilled already.
  const Pending = (props: P) => {
    const Loaded = use(start());
    return <Loaded {...props} />;
  };
  const Part = ({ fallback = null, ...props }: P & { readonly fallback?: ReactNode }) => {
    const own = props as unknown as P;
    // Stays as it is: with another one later, the part would lose its state.
    const [Loaded] = useState(() => component);
    if (Loaded !== undefined) return <Loaded {...own} />;
    return (
      <Suspense fallback={fallback}>
        <Pending {...own} />
      </Suspense>
    );
  };
  return Object.assign(Part, { load: () => start().then(() => undefined) });
}
