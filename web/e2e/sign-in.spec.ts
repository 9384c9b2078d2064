/**
 * From a server without accounts to one that lets in only whom it should. Comes after the other
 * journeys: from here on their server is closed.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test, type Page } from '@playwright/test';

import { look, shots } from './look';

const server = new URL(process.env['UNSPOOL_URL'] ?? 'http://127.0.0.1:8080');

const ADMIN = { name: 'admin', password: 'correct horse battery' };
const ANNA = { name: 'anna', password: 'staple of the press' };

/** What throws in the page; that a request is refused is a part of these tests. */
let thrown: string[] = [];

test.describe.configure({ mode: 'serial' });

test.beforeEach(({ page }) => {
  thrown = [];
  page.on('pageerror', (error) => thrown.push(error.message));
});

test.afterEach(() => expect(thrown).toEqual([]));

async function signIn(page: Page, who: { name: string; password: string }): Promise<void> {
  await page.getByLabel('Name').fill(who.name);
  await page.getByLabel('Password').fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

function basic({ name, password }: { name: string; password: string }): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
}

function address(path: string): string {
  return new URL(path, server).href;
}

test('the first administrator is made, and says what becomes of everybody else', async ({
  page,
}) => {
  await page.goto('/');
  await page.getByRole('link', { name: 'No accounts' }).click();
  await expect(page.getByRole('heading', { name: 'Make the first administrator' })).toBeVisible();
  await look(page, 'first-run');
  await page.getByLabel('Name').fill(ADMIN.name);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByLabel('Password, once more').fill('something else');
  await page.getByRole('radio', { name: 'They may use some topics' }).check();
  await page.getByRole('textbox', { name: 'May read' }).fill('nothing/of/this');
  await page.getByRole('radio', { name: 'They are refused' }).check();
  await page.getByRole('button', { name: 'Make the administrator' }).click();
  await expect(page.getByRole('alert')).toHaveText('The two passwords are not the same.');
  await page.getByLabel('Password, once more').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Make the administrator' }).click();
  await expect(page.getByRole('heading', { name: 'Accounts and tokens' })).toBeVisible();
  await expect(page.getByRole('heading', { name: ADMIN.name })).toBeVisible();
  expect((await page.request.get(address('/api/v1/latest'))).status()).toBe(200);
  const stranger = await fetch(address('/api/v1/latest'));
  expect(stranger.status).toBe(401);
});

test('who signs in comes back to where they were', async ({ page }) => {
  await page.goto('/live?filter=factory/%23');
  await expect(page.getByRole('heading', { name: 'Sign in to Unspool' })).toBeVisible();
  await look(page, 'sign-in');
  await signIn(page, { ...ADMIN, password: 'wrong' });
  await expect(page.getByRole('alert')).toHaveText('The name or the password is wrong.');
  await signIn(page, ADMIN);
  await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible();
  await expect(page).toHaveURL(/\/live\?filter=factory/);
  await expect(page.locator('.pill')).toHaveAttribute('data-mood', 'live');
  await page.getByRole('button', { name: `You: ${ADMIN.name}` }).click();
  await expect(page.getByRole('link', { name: 'Accounts and tokens' })).toBeVisible();
  await page.screenshot({ path: `${shots}/user-menu.png` });
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in to Unspool' })).toBeVisible();
  expect((await page.request.get(address('/api/v1/latest'))).status()).toBe(401);
});

test('a device gets an account and a token, and is cut off when that is revoked', async ({
  page,
}) => {
  await page.goto('/settings');
  await signIn(page, ADMIN);
  await page.getByRole('button', { name: 'New account' }).click();
  await page.getByLabel('Name').fill('press-17');
  await page.getByLabel('May read').fill('press/17/#');
  await page.getByLabel('May publish').fill('press/17/#\nbad#filter');
  await look(page, 'account');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByLabel('May publish').fill('press/17/#');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await expect(page.getByText('reads press/17/# · publishes press/17/#')).toBeVisible();

  await page.getByRole('button', { name: 'New token of press-17' }).click();
  await page.getByLabel('What it is for').fill('line 3');
  await page.getByRole('button', { name: 'Make the token' }).click();
  const shown = page.getByText(/^usp_/).last();
  await expect(page.getByRole('heading', { name: 'The token is shown this once' })).toBeVisible();
  await page.screenshot({ path: `${shots}/token.png` });
  const token = (await shown.textContent()) ?? '';
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText(token)).toHaveCount(0);

  const headers = { authorization: `Bearer ${token}` };
  const published = await fetch(address('/api/v1/publish?topic=press/17/temp'), {
    method: 'POST',
    headers,
    body: '21.5',
  });
  expect(published.status).toBe(200);
  const elsewhere = await fetch(address('/api/v1/publish?topic=press/18/temp'), {
    method: 'POST',
    headers,
    body: '21.5',
  });
  expect(elsewhere.status).toBe(403);
  const stream = await fetch(address('/api/v1/stream?last=1'), { headers });
  const all = stream.text();
  await look(page, 'settings');
  await page.getByRole('button', { name: 'Revoke line 3' }).click();
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  expect(await all).toContain('signed_out');
  expect((await fetch(address('/api/v1/latest'), { headers })).status).toBe(401);
  await expect(page.getByText('Revoked a token of press-17')).toBeVisible();
});

test('who may read a part sees a part, and is out when the password changes', async ({ page }) => {
  const made = await fetch(address('/api/v1/accounts'), {
    method: 'POST',
    headers: { authorization: basic(ADMIN), 'content-type': 'application/json' },
    body: JSON.stringify({ ...ANNA, role: 'viewer', permissions: { read: ['press/#'] } }),
  });
  expect(made.status).toBe(201);
  await page.goto('/');
  await signIn(page, ANNA);
  await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
  await expect(page.getByText('Topics', { exact: true }).last()).toBeVisible();
  await expect(page.getByText('Journal backlog')).toHaveCount(0);
  await page.screenshot({ path: `${shots}/part.png` });
  await page.getByRole('button', { name: `You: ${ANNA.name}` }).click();
  await expect(page.getByRole('link', { name: 'Accounts and tokens' })).toHaveCount(0);
  await page.goto('/settings');
  await expect(page.getByText('Only administrators see and change accounts.')).toBeVisible();
  const changed = await fetch(address('/api/v1/accounts/anna/password'), {
    method: 'PUT',
    headers: { authorization: basic(ADMIN), 'content-type': 'application/json' },
    body: JSON.stringify({ password: 'another password' }),
  });
  expect(changed.status).toBe(204);
  await expect(page.getByRole('heading', { name: 'Sign in to Unspool' })).toBeVisible();
});

/** A site on this machine: of the same name, so that cookies are sent, or of another one. */
async function site(host: string): Promise<{ url: string; close: () => void }> {
  const other: Server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>Another site</title>');
  });
  await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready));
  const { port } = other.address() as AddressInfo;
  return { url: `http://${host}:${port}/`, close: () => other.close() };
}

for (const host of ['127.0.0.1', 'localhost']) {
  test(`a page on ${host} can do nothing with the sign-in of another tab`, async ({ page }) => {
    await page.goto('/');
    await signIn(page, ADMIN);
    await expect(page.getByRole('navigation', { name: 'Pages' })).toBeVisible();
    const elsewhere = await site(host);
    await page.goto(elsewhere.url);
    const told = await page.evaluate(async (target) => {
      const fetched = async (path: string, init: RequestInit): Promise<string> => {
        try {
          const answer = await fetch(target + path, { credentials: 'include', ...init });
          return answer.type === 'opaque' ? 'opaque' : await answer.text();
        } catch {
          return 'refused';
        }
      };
      const picture = (path: string): Promise<string> =>
        new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve('loaded');
          image.onerror = () => resolve('refused');
          image.src = target + path;
        });
      const socket = (path: string): Promise<string> =>
        new Promise((resolve) => {
          const opened = new WebSocket(target.replace('http', 'ws') + path);
          opened.onopen = () => resolve('open');
          opened.onerror = () => resolve('refused');
        });
      const form = (path: string, enctype: string): Promise<string> =>
        new Promise((resolve) => {
          const frame = document.createElement('iframe');
          frame.name = `f${Math.random()}`;
          document.body.append(frame);
          const sent = document.createElement('form');
          Object.assign(sent, { method: 'post', action: target + path, target: frame.name });
          sent.enctype = enctype;
          const field = document.createElement('input');
          field.name = '{"name":"mallory","role":"administrator","x":"';
          field.value = '"}';
          sent.append(field);
          document.body.append(sent);
          frame.onload = () => resolve('sent');
          sent.submit();
        });
      return {
        read: await fetched('/api/v1/accounts', {}),
        published: await fetched('/api/v1/publish?topic=stolen/fetch', {
          method: 'POST',
          mode: 'no-cors',
          body: '1',
        }),
        asked: await fetched('/api/v1/accounts', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-requested-with': 'x' },
          body: '{"name":"mallory","role":"administrator"}',
        }),
        picture: await picture('/favicon.svg'),
        payload: await picture('/api/v1/messages/1/payload'),
        socket: await socket('/api/v1/ws?filter=%23'),
        mqtt: await socket('/mqtt'),
        plain: await form('/api/v1/publish?topic=stolen/plain', 'text/plain'),
        encoded: await form(
          '/api/v1/publish?topic=stolen/form',
          'application/x-www-form-urlencoded',
        ),
        accounts: await form('/api/v1/accounts', 'text/plain'),
        out: await form('/api/v1/sign-out', 'text/plain'),
      };
    }, server.origin);
    elsewhere.close();
    expect(told).toEqual({
      read: 'refused',
      published: 'refused',
      asked: 'refused',
      picture: 'refused',
      payload: 'refused',
      socket: 'refused',
      mqtt: 'refused',
      // A page may always send these, and learns nothing of the answer.
      plain: 'sent',
      encoded: 'sent',
      accounts: 'sent',
      out: 'sent',
    });
    const asked = { headers: { authorization: basic(ADMIN) } };
    const stolen = await fetch(address('/api/v1/latest?filter=stolen/%23'), asked);
    const published = ((await stolen.json()) as { items: { topic: string }[] }).items;
    expect(
      published.map(({ topic }) => topic).filter((topic) => topic !== 'stolen/script'),
    ).toEqual([]);
    const accounts = await fetch(address('/api/v1/accounts'), asked);
    expect(await accounts.text()).not.toContain('mallory');
    await page.goto('/settings');
    await expect(page.getByRole('heading', { name: 'Accounts and tokens' })).toBeVisible();
    await expect(page.getByRole('heading', { name: ADMIN.name })).toBeVisible();
  });
}
