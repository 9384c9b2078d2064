/** Asks again and again, but not in a background tab, and never twice at once. */
export function poll(everyMs: number, ask: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;
  let busy = false;
  const round = async (): Promise<void> => {
    clearTimeout(timer);
    if (ended || busy || document.hidden) return;
    busy = true;
    try {
      await ask();
    } finally {
      busy = false;
      if (!ended) timer = setTimeout(() => void round(), everyMs);
    }
  };
  const onVisible = (): void => void round();
  document.addEventListener('visibilitychange', onVisible);
  void round();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
  };
}
