/**
 * From mosquitto_pub to the pixels, against a real server with nothing in it yet: UNSPOOL_URL and
 * UNSPOOL_MQTT (host:port) say where it is, UNSPOOL_SHOTS where the screenshots go.
 */
import { expect, test } from '@playwright/test';

import { expectAccessible, shots } from './look';
import { port, publish } from './publish';

const PRESS = 'factory/line1/press';

function press(temp: number): string {
  return JSON.stringify({ temp, pressure: 5.2, state: 'run', ok: true, motor: { rpm: 1480 } });
}

/** What the browser complains about: a policy that is broken, a script that throws. */
let complaints: string[] = [];

test.describe.configure({ mode: 'serial' });

test.beforeEach(({ page }) => {
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
});

test.afterEach(() => expect(complaints).toEqual([]));

test('an empty server says how to publish, and flips with the first message', async ({ page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Publish your first message' })).toBeVisible();
  const address = page.getByText(`-p ${port}`);
  await expect(address).toBeVisible();
  await page.getByRole('tab', { name: 'curl' }).click();
  await expect(page.getByText('/api/v1/publish?topic=')).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: `${shots}/first.png` });

  publish(PRESS, press(21.5));
  await expect(page.getByText('Your first message is here')).toBeVisible();
  await page.getByRole('link', { name: 'See it' }).click();
  await expect(page).toHaveURL(/\/topics\/factory\/line1\/press/);
});

test('the tree shows the topic, and its values change as they arrive', async ({ page }) => {
  publish('factory/line1/oven/temp', '180.5');
  await page.goto('/topics');
  const tree = page.getByRole('tree');
  await tree.getByRole('button', { name: 'Open factory' }).click();
  await tree.getByRole('button', { name: 'Open line1' }).click();
  await tree.getByRole('button', { name: 'Open oven' }).click();
  await expect(tree.getByRole('link', { name: /^temp/ })).toContainText('180.5');
  publish('factory/line1/oven/temp', '181.25');
  await expect(tree.getByRole('link', { name: /^temp/ })).toContainText('181.25');
  publish('factory/line2/press', press(30));
  await expect(tree.getByRole('treeitem', { name: /line2/ })).toBeVisible();
});

test('the keyboard alone opens the tree and the topic', async ({ page }) => {
  await page.goto('/topics');
  const first = page.getByRole('treeitem', { name: /factory/ });
  await first.focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('treeitem', { name: /line1/ })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/topics\/factory\/line1$/);
});

test('a number that is clicked is plotted, and goes on live', async ({ page }) => {
  publish(PRESS, ...Array.from({ length: 200 }, (_, at) => press(20 + Math.sin(at / 12))));
  await page.goto(`/topics/${PRESS}`);
  const payload = page.getByRole('region', { name: 'Payload' });
  await payload.getByRole('button', { name: '1480' }).click();
  await expect(page).toHaveURL(/s=factory\/line1\/press%23\/motor\/rpm/);
  const trend = page.getByRole('region', { name: 'Trend' });
  await expect(trend.getByRole('application')).toHaveAccessibleName(/motor\/rpm/);

  await page.getByRole('region', { name: 'Values' }).getByTitle('Plot /temp').click();
  publish(PRESS, press(24.75));
  await expect(trend.getByText('24.75')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Values' })).toContainText('24.75');
  await expect(page.getByRole('region', { name: 'Messages' })).toContainText('24.75');
});

test('scrolling up in the tail pauses it, says so, and counts what is new', async ({ page }) => {
  publish(PRESS, ...Array.from({ length: 100 }, (_, at) => press(at)));
  await page.goto('/live?filter=factory/%23');
  const log = page.getByRole('log');
  await expect(log.getByText('"temp":99').first()).toBeVisible();
  await log.hover();
  await page.mouse.wheel(0, -900);
  await expect(page.getByRole('button', { name: /Paused/ })).toBeVisible();
  publish(PRESS, press(501), press(502));
  await expect(page.getByRole('button', { name: /2 new/ })).toBeVisible();
  await page.getByRole('button', { name: /Paused/ }).click();
  await expect(log.getByText('"temp":502')).toBeVisible();
});

test('a message with something wrong about it is a dead letter', async ({ page }) => {
  publish(PRESS, '{"temp":1e999,"pressure":5.2}');
  await page.goto('/');
  const letters = page.getByRole('region', { name: 'Dead letters' });
  await expect(letters).toContainText('1 in all');
  await expect(letters).toContainText('/temp: 1e999 is beyond what a number holds');
  await expect(letters.getByRole('link', { name: /^Message/ })).toHaveAttribute(
    'href',
    /\/api\/v1\/messages\/\d+$/,
  );
});

test('a value has all its digits, its unit and name, and who says when it was true', async ({
  page,
}) => {
  const ahead = new Date(Date.now() + 3 * 3_600_000).toISOString();
  publish('factory/energy', `{"ts":"${ahead}","value":123456789.123456789,"unit":"kWh"}`);
  publish(
    'homeassistant/sensor/energy/config',
    '{"stat_t":"factory/energy","val_tpl":"{{ value_json.value }}","name":"Energy of the line"}',
  );
  await page.goto('/topics/factory/energy');
  const values = page.getByRole('region', { name: 'Values' });
  await expect(values.getByText('123456789.123456789')).toBeVisible();
  await expect(values.getByText('kWh').first()).toBeVisible();
  await expect(values.getByText('Energy of the line')).toBeVisible();
  await expect(values.getByText('time from “ts”')).toBeVisible();
  await expect(values.getByText('clock 3 h ahead')).toBeVisible();
  await expectAccessible(page);
  await page.screenshot({ path: `${shots}/value.png` });
});

test('a bad filter is told before it is sent', async ({ page }) => {
  await page.goto('/live');
  await page.getByLabel('Topic filter').fill('a/#/b');
  await expect(page.getByText('must be the last level')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Show' })).toBeDisabled();
});

test('the palette finds a topic', async ({ page }) => {
  await page.goto('/');
  await page.keyboard.press('Control+k');
  await page.keyboard.type('oven');
  await expect(page.getByRole('option', { name: /oven\/temp/ })).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/oven\/temp/);
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const [size, viewport] of [
    ['wide', { width: 1280, height: 800 }],
    ['narrow', { width: 390, height: 844 }],
  ] as const) {
    test(`every page is accessible, ${colorScheme} and ${size}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      for (const [name, path, ready] of [
        ['overview', '/', 'Busiest'],
        ['topic', `/topics/${PRESS}`, 'motor/rpm'],
        ['live', '/live', 'msg/s'],
        ['trends', `/trends?s=${PRESS}%23/temp&s=factory/line2/press%23/temp`, 'line2/press'],
      ] as const) {
        await page.goto(path);
        await expect(page.getByText(ready).filter({ visible: true }).first()).toBeVisible();
        await expect(page.locator('main .skeleton')).toHaveCount(0);
        await expectAccessible(page);
        await page.screenshot({ path: `${shots}/${name}-${colorScheme}-${size}.png` });
      }
    });
  }
}
