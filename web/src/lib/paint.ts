/**
 * Painting at a bounded rate: any number of changes between two paints is one paint. Nothing is
 * painted in a background tab or while the person holds the page, and it is made good afterwards.
 */

export const TEXT_HZ = 10;
export const CHART_HZ = 4;

const waiting = new Set<() => void>();
let held = false;

function still(): boolean {
  return held || document.hidden;
}

function flush(): void {
  if (still()) return;
  const due = [...waiting];
  waiting.clear();
  for (const paint of due) paint();
}

document.addEventListener('visibilitychange', flush);

/** Holds all painters, or lets them go on. */
export function hold(on: boolean): void {
  held = on;
  flush();
}

export interface Painter {
  /** Something changed. */
  mark(): void;
  stop(): void;
}

/** One that is `steady` also paints while the page is held: the connection's own state. */
export function painter(hz: number, paint: () => void, steady = false): Painter {
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = -Infinity;
  const due = (): void => {
    timer = null;
    if (still() && !(steady && !document.hidden)) {
      waiting.add(due);
      return;
    }
    last = performance.now();
    paint();
  };
  return {
    mark() {
      if (timer !== null || waiting.has(due)) return;
      timer = setTimeout(due, Math.max(0, last + 1_000 / hz - performance.now()));
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      waiting.delete(due);
    },
  };
}
