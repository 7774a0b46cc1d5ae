// Checks the page of `clip search --html` in a browser: node search.mjs PAGE SCREENSHOTS.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [, , file, screenshots] = process.argv;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
let failed = 0;
for (const colorScheme of ['light', 'dark']) {
  const name = `clip search, ${colorScheme}`;
  // The page has no scripts, and forbids them: axe needs them.
  const context = await browser.newContext({ colorScheme, bypassCSP: true });
  const page = await context.newPage();
  const problems = [];
  page.on('console', message => problems.push(message.text()));
  page.on('request', request => {
    if (!/^(file|data):/.test(request.url()))
      problems.push(`request: ${request.url()}`);
  });
  try {
    await page.goto(pathToFileURL(file).href);
    const sizes = await page.$$eval('img', images => Promise.all(images.map(async image => {
      image.loading = 'eager';
      await image.decode();
      return image.naturalWidth;
    })));
    if (sizes.length < 2 || sizes.some(size => size === 0))
      problems.push(`image widths: ${sizes}`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run());
    problems.push(...violations.map(violation => `axe: ${violation.id} (${violation.help})`));
    await page.screenshot({ path: join(screenshots, `search-${colorScheme}.png`), fullPage: true });
  } catch (error) {
    problems.push(String(error.stack));
  }

  for (const problem of problems)
    console.log(`# ${problem.replaceAll('\n', '\n# ')}`);
  console.log(`${problems.length === 0 ? 'ok' : 'not ok'} - page: ${name}`);
  failed += problems.length === 0 ? 0 : 1;
  await context.close();
}

await browser.close();
process.exit(failed === 0 ? 0 : 1);
