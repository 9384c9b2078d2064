/** Who is connected, and what is kept for those who subscribe later. */
import { spawn } from 'node:child_process';

import { expect, test } from '@playwright/test';

import { look } from './look';
import { port, publish, retain } from './publish';

test('a client is found, looked at and disconnected', async ({ page }) => {
  publish('clients/first', '1');
  const subscriber = spawn('mosquitto_sub', [
    ...['-p', port, '-V', '5', '-i', 'panel-7', '-c', '-x', '3600'],
    ...['-q', '1', '-t', 'clients/#'],
  ]);
  try {
    await page.goto('/');
    await expect(page.getByRole('heading', { name: 'Busiest' })).toBeVisible();
    await page.getByRole('link', { name: 'Clients', exact: true }).click();
    await page.getByLabel('Find a client').fill('PANEL');
    const row = page.getByRole('row', { name: /panel-7/ });
    await expect(row).toContainText('MQTT 5.0, TCP');
    await row.getByRole('button', { name: 'panel-7' }).click();
    await expect(page.getByText('clients/#')).toBeVisible();
    await expect(page.getByText('the client connected')).toBeVisible();
    await look(page, 'clients');
    await page.getByRole('button', { name: 'End the session' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('what waits for it');
    await dialog.getByRole('button', { name: 'End the session' }).click();
    await expect(page.getByText('Session ended')).toBeVisible();
  } finally {
    subscriber.kill();
  }
});

test('retained messages are cleared after a look, and put back', async ({ page }) => {
  retain('kept/setpoint', '72');
  retain('kept/limit', '90');
  await page.goto('/retained');
  await page.getByLabel('Topics, as an MQTT filter').fill('kept/#');
  const list = page.getByRole('region', { name: 'Retained messages' });
  await expect(list.getByRole('row', { name: /kept\/setpoint/ })).toContainText('72');
  await look(page, 'retained');
  await page.getByRole('button', { name: 'Clear all of these' }).click();
  const dialog = page.getByRole('dialog', { name: 'Clear 2 retained messages?' });
  await dialog.getByRole('button', { name: 'Clear' }).click();
  await expect(page.getByText('Nothing is retained of these topics.')).toBeVisible();
  await page.getByRole('button', { name: 'Put 2 messages back' }).click();
  await expect(list.getByRole('row', { name: /kept\/limit/ })).toContainText('90');
  // Other journeys begin without them.
  await page.getByRole('button', { name: 'Clear all of these' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click();
  await expect(page.getByText('Nothing is retained of these topics.')).toBeVisible();
});

test('a switch that was turned hours ago is drawn as it holds', async ({ page }) => {
  const hoursAgo = Math.round(Date.now() / 1000) - 7200;
  publish('hall/lamp', JSON.stringify({ ts: hoursAgo, on: true }));
  await page.goto('/topics/hall/lamp');
  await expect(page.getByRole('figure').locator('strong')).toHaveText('true');
  await expect(page.getByText('Nothing in this time range')).toBeHidden();
});
