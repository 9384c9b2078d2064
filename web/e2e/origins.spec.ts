/** What a page of another site can do that the user has open in another tab: nothing. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { chromium, expect, test } from '@playwright/test';

const server = new URL(process.env['UNSPOOL_URL'] ?? 'http://127.0.0.1:8080');

let site: Server;
let elsewhere: string;

test.beforeAll(async () => {
  site = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Another site</title>');
  });
  await new Promise<void>((ready) => site.listen(0, '127.0.0.1', ready));
  elsewhere = `http://localhost:${(site.address() as AddressInfo).port}/`;
});

test.afterAll(() => site.close());

test('a page of another site can not speak MQTT, stream, ask or publish', async ({ page }) => {
  await page.goto(elsewhere);
  const told = await page.evaluate(async (host) => {
    const socket = (path: string, protocols: string[]): Promise<string> =>
      new Promise((resolve) => {
        const opened = new WebSocket(`ws://${host}${path}`, protocols);
        opened.onopen = () => resolve('open');
        opened.onerror = () => resolve('refused');
      });
    const events = (): Promise<string> =>
      new Promise((resolve) => {
        const source = new EventSource(`http://${host}/api/v1/stream`);
        source.onopen = () => resolve('open');
        source.onerror = () => resolve('refused');
      });
    const fetched = async (path: string, init: RequestInit): Promise<string> => {
      try {
        return (await fetch(`http://${host}${path}`, init)).type;
      } catch {
        return 'refused';
      }
    };
    return {
      mqtt: await socket('/mqtt', ['mqtt']),
      root: await socket('/', ['mqtt']),
      live: await socket('/api/v1/ws?filter=%23', []),
      events: await events(),
      read: await fetched('/api/v1/latest', {}),
      published: await fetched('/api/v1/publish?topic=stolen/here', {
        method: 'POST',
        mode: 'no-cors',
        body: '1',
      }),
    };
  }, server.host);
  expect(told).toEqual({
    mqtt: 'refused',
    root: 'refused',
    live: 'refused',
    events: 'refused',
    read: 'refused',
    // A page may always send such a request, and learns not even that there was an answer.
    published: 'refused',
  });
  const latest = await page.request.get(new URL('/api/v1/latest?filter=stolen/%23', server).href);
  expect(((await latest.json()) as { items: unknown[] }).items).toEqual([]);
});

test('a name that is led to this machine reads nothing', async () => {
  const browser = await chromium.launch({
    executablePath: process.env['UNSPOOL_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--host-resolver-rules=MAP rebound.example 127.0.0.1',
    ],
  });
  try {
    const page = await browser.newPage();
    const answer = await page.goto(`http://rebound.example:${server.port}/api/v1/info`);
    expect(answer?.status()).toBe(421);
    const same = await page.evaluate(async () => (await fetch('/api/v1/latest')).status);
    expect(same).toBe(421);
    const socket = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const opened = new WebSocket(`ws://${location.host}/mqtt`, ['mqtt']);
          opened.onopen = () => resolve('open');
          opened.onerror = () => resolve('refused');
        }),
    );
    expect(socket).toBe('refused');
  } finally {
    await browser.close();
  }
});

test('a script that somebody published is not run by the dashboard', async ({ page }) => {
  const published = await page.request.post(
    new URL('/api/v1/publish?topic=stolen/script', server).href,
    { headers: { 'content-type': 'text/javascript' }, data: 'document.title = "stolen"' },
  );
  const { seq } = (await published.json()) as { seq: number };
  const address = `/api/v1/messages/${seq}/payload`;
  await expect(async () => {
    const payload = await page.request.get(new URL(address, server).href);
    expect(payload.status()).toBe(200);
    expect(payload.headers()['content-type']).not.toContain('script');
  }).toPass();
  await page.goto('/');
  const ran = await page.evaluate(
    (src) =>
      new Promise((resolve) => {
        const script = document.createElement('script');
        script.src = src;
        script.onload = () => resolve('loaded');
        script.onerror = () => resolve('refused');
        document.head.append(script);
      }),
    address,
  );
  expect(ran).toBe('refused');
  expect(await page.title()).not.toBe('stolen');
});

const SCRIPT = '<script>parent.postMessage("ran", "*"); document.title = "stolen"</script>';

/** Each is something that a browser runs where it takes it for a page, whatever it is called. */
const HOSTILE: [name: string, contentType: string, payload: Buffer][] = [
  ['svg', 'image/svg+xml', Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${SCRIPT}</svg>`)],
  ['html', 'text/html', Buffer.from(`<!doctype html>${SCRIPT}`)],
  ['html-as-text', 'text/plain', Buffer.from(`<!doctype html>${SCRIPT}`)],
  [
    'xhtml',
    'application/xhtml+xml',
    Buffer.from(`<html xmlns="http://www.w3.org/1999/xhtml">${SCRIPT}</html>`),
  ],
  ['gif-and-html', 'image/gif', Buffer.from(`GIF89a/*${SCRIPT}*/=1;`)],
  ['gif-as-html', 'text/html', Buffer.from(`GIF89a/*${SCRIPT}*/=1;`)],
  [
    'jpeg-and-html',
    'text/html',
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.from(SCRIPT)]),
  ],
  ['pdf-and-html', 'application/pdf', Buffer.from(`%PDF-1.4\n${SCRIPT}`)],
  ['nothing', '', Buffer.from(SCRIPT)],
];

test('no payload runs in the origin of the dashboard, whatever it is and says that it is', async ({
  page,
}) => {
  for (const [name, contentType, payload] of HOSTILE) {
    const published = await page.request.post(
      new URL(`/api/v1/publish?topic=hostile/${name}`, server).href,
      { headers: contentType === '' ? {} : { 'content-type': contentType }, data: payload },
    );
    const { seq } = (await published.json()) as { seq: number };
    const path = `/api/v1/messages/${seq}/payload`;
    await expect(async () => {
      const answer = await page.request.get(new URL(path, server).href);
      expect(answer.status()).toBe(200);
      expect(answer.headers()['content-security-policy']).toContain('sandbox');
    }).toPass();
    // Opened by itself, as a link to it is, or saved.
    await page.goto(path).catch(() => {});
    expect(await page.title(), name).not.toBe('stolen');
  }
});
