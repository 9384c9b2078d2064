/** What history takes, and for how long it is kept. */
import { expect, test } from '@playwright/test';

import { look } from './look';
import { publish } from './publish';

test('the page tells what history takes, and a rule keeps its topics apart', async ({ page }) => {
  publish('cam/1/image', '{"n":1}');
  await page.goto('/rules');
  await page.getByRole('button', { name: 'New rule' }).click();
  const form = page.getByRole('dialog', { name: 'New rule' });
  await form.getByLabel('Topics').fill('cam/#');
  await form.getByLabel('Messages kept, days').fill('7');
  await form.getByRole('button', { name: 'Try it' }).click();
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('messages kept 7 days')).toBeVisible();

  await page.goto('/storage');
  await expect(page.getByRole('heading', { name: 'Storage' })).toBeVisible();
  const kept = page.getByRole('region', { name: 'What is kept for how long' });
  // It is measured every ten seconds.
  await expect(kept.getByRole('row', { name: 'cam/#' })).toContainText('7 days', {
    timeout: 30_000,
  });
  await expect(kept.getByRole('row', { name: 'All others messages' })).toContainText('for ever');
  await expect(page.getByText('Free on the disk')).toBeVisible();
  await look(page, 'storage');

  // Other journeys begin without rules.
  await page.goto('/rules');
  await page.getByRole('button', { name: 'Delete cam/#' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('There are no rules')).toBeVisible();
});
