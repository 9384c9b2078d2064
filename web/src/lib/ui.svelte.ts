/** What the whole page shares beyond the URL: pause, theme, dialogs, notices, the second's tick. */
import { hold } from './paint';

export type Theme = 'auto' | 'light' | 'dark';

class Ui {
  paused = $state(false);
  theme: Theme = $state(readTheme());
  /** Grows when colours change, for what is painted on a canvas. */
  themeVersion = $state(0);
  dialog: 'palette' | 'keys' | null = $state(null);
  notice = $state('');
  /** Once a second while the tab is in view and the page is not held. */
  now = $state(Date.now());
  /** What Space does where a page has its own idea of a pause. */
  onSpace: (() => void) | null = null;

  setPaused(on: boolean): void {
    this.paused = on;
    hold(on);
    if (!on) this.now = Date.now();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === 'auto') localStorage.removeItem('theme');
    else localStorage.setItem('theme', theme);
    applyTheme(theme);
    this.themeVersion += 1;
  }

  /** The other one of what is seen. */
  flipTheme(): void {
    this.setTheme(isDark() ? 'light' : 'dark');
  }

  say(notice: string): void {
    this.notice = notice;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => (this.notice = ''), 3_000);
  }

  #silence: ReturnType<typeof setTimeout> | undefined;
}

function readTheme(): Theme {
  const stored = localStorage.getItem('theme');
  return stored === 'light' || stored === 'dark' ? stored : 'auto';
}

function applyTheme(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

const prefersDark = matchMedia('(prefers-color-scheme: dark)');

export function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? prefersDark.matches : theme === 'dark';
}

export const ui = new Ui();

applyTheme(ui.theme);
prefersDark.addEventListener('change', () => (ui.themeVersion += 1));
setInterval(() => {
  if (!document.hidden && !ui.paused) ui.now = Date.now();
}, 1_000);

export async function copy(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    ui.say(`${what} copied`);
  } catch {
    ui.say('The browser does not let this page copy');
  }
}
