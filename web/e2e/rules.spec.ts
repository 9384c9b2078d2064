/** A rule from the form to the values: tried before it counts, decoded again, deleted. */
import { expect, test } from '@playwright/test';

import { look } from './look';
import { publish } from './publish';

const TOPIC = 'factory/kiln/raw';

test.describe.configure({ mode: 'serial' });

test('a rule is tried on what there is, and counts when it is saved', async ({ page }) => {
  publish(TOPIC, '{"t":215,"debug":{"n":1}}');
  await page.goto('/rules');
  await expect(page.getByText('There are no rules')).toBeVisible();
  await look(page, 'rules-none');

  await page.getByRole('button', { name: 'New rule' }).click();
  const form = page.getByRole('dialog', { name: 'New rule' });
  await form.getByLabel('Topics').fill('factory/kiln/#');
  await form.getByRole('button', { name: 'Add a member' }).click();
  const first = form.getByRole('group', { name: 'Member 1' });
  await first.getByLabel('Path', { exact: true }).fill('/t');
  await first.getByLabel('Unit', { exact: true }).fill('°C');
  await first.getByLabel('Scale').fill('0.1');
  await first.getByText('Name, description, and more').click();
  await first.getByLabel('Another path').check();
  await first.getByLabel('New path').fill('/temperature');
  await form.getByRole('button', { name: 'Add a member' }).click();
  const second = form.getByRole('group', { name: 'Member 2' });
  await second.getByLabel('Path', { exact: true }).fill('debug');
  await second.getByLabel('Ignore').check();
  await form.getByRole('button', { name: 'Try it' }).click();
  await expect(form.getByRole('alert')).toContainText('JSON Pointer');
  await second.getByLabel('Path', { exact: true }).fill('/debug/**');
  await form.getByRole('button', { name: 'Try it' }).click();

  const tried = form.getByRole('region', { name: 'What the rule makes of the last messages' });
  await expect(tried).toContainText('For 1 topic');
  await expect(tried.getByRole('row', { name: '/temperature' })).toContainText('21.5 °C');
  await expect(tried.getByRole('row', { name: '/debug/n' })).toContainText('not stored');
  await look(page, 'rule-tried');
  // What is changed behind a trial is tried anew.
  await first.getByLabel('Offset').fill('1');
  await expect(form.getByRole('button', { name: 'Save' })).toHaveCount(0);
  await first.getByLabel('Offset').fill('');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'factory/kiln/#' })).toBeVisible();
  await expect(page.getByText('/t → /temperature × 0.1 °C')).toBeVisible();
  await look(page, 'rules');
});

test('what comes and what is stored is read by the rule', async ({ page }) => {
  publish(TOPIC, '{"t":230,"debug":{"n":1}}');
  await page.goto(`/topics/${TOPIC}`);
  const values = page.getByRole('region', { name: 'Values' });
  await expect(values.getByText('temperature')).toBeVisible();
  await expect(values.getByText('23', { exact: true })).toBeVisible();
  await expect(values.getByText('°C').first()).toBeVisible();

  await page.goto('/rules');
  await page.getByRole('button', { name: 'Decode again factory/kiln/#' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Decode again' }).click();
  const again = page.getByRole('region', { name: 'Decoded again' });
  await expect(again).toContainText('done', { timeout: 30_000 });
  await expect(again).toContainText('2 messages');
  await look(page, 'rules-again');
  await page.goto(`/topics/${TOPIC}`);
  await expect(values.getByText('temperature')).toBeVisible();
  await expect(values.getByText('debug')).toHaveCount(0);
});

test('a rule that is deleted counts no more, and what a rule strips is told', async ({ page }) => {
  await page.goto('/rules');
  await page.getByRole('button', { name: 'Delete factory/kiln/#' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('There are no rules')).toBeVisible();

  await page.getByRole('button', { name: 'New rule' }).click();
  const form = page.getByRole('dialog', { name: 'New rule' });
  await form.getByLabel('Topics').fill('factory/lean');
  await form.getByRole('combobox', { name: /^Stored/ }).selectOption('Samples only');
  await expect(form.getByText('are not kept')).toBeVisible();
  await form.getByRole('button', { name: 'Try it' }).click();
  await expect(form.getByText('Nothing is stored that it could be tried on.')).toBeVisible();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { name: 'factory/lean' })).toBeVisible();
  publish('factory/lean', '{"v":7}');
  await page.goto('/topics/factory/lean');
  await expect(page.getByRole('region', { name: 'Values' }).getByText('7')).toBeVisible();
});
