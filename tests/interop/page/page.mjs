// Checks the page in a browser, as a person would use it.
//
// node page.mjs HTTP_URL PROTECTED_URL KEY_FILE SAMPLES SCREENSHOTS: PROTECTED_URL is a server that needs the key in
// KEY_FILE; screenshots of all tabs go to the folder SCREENSHOTS.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [, , base, protectedBase, keyFile, samples, screenshots] = process.argv;
const key = readFileSync(keyFile, 'utf8').trim();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tabs = ['classify', 'search', 'video', 'models'];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM, args: [
    '--no-sandbox', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
  ],
});
let failed = 0;

async function check(name, run, options = {}, address = base) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(20000);
  const page = await context.newPage();
  const problems = watch(page, address);
  try {
    await page.goto(`${address}/`);
    await run(page, context);
    isTrue(problems.length === 0, problems.join('\n'));
    console.log(`ok - page: ${name}`);
  } catch (error) {
    console.log(`# ${String(error.stack).replaceAll('\n', '\n# ')}\nnot ok - page: ${name}`);
    await page.screenshot({ path: join(screenshots, `failed-${name.replace(/\W+/g, '-')}.png`) }).catch(() => {});
    failed++;
  } finally {
    await context.close();
  }
}

/** What the page's policy blocks is an error of the console. A test that expects one takes it from the list. */
function watch(page, address) {
  const problems = [];
  page.on('pageerror', error => problems.push(`uncaught: ${error.message}`));
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type()) && !page.expected?.test(message.text()))
      problems.push(`console: ${message.text()}`);
  });
  page.on('request', request => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(address).origin && protocol !== 'blob:') problems.push(`request to ${request.url()}`);
  });
  return problems;
}

function isTrue(condition, message) {
  if (!condition) throw new Error(message);
}

function equal(actual, expected) {
  isTrue(
    JSON.stringify(actual) === JSON.stringify(expected),
    `${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}

const text = (page, selector) => page.locator(selector).allInnerTexts();
const isReady = page => page.locator('#status[data-state=good]').waitFor();

/** Files as the system would give them: File objects on a DataTransfer. */
async function give(page, selector, event, files) {
  const data = files.map(({ name, type, bytes }) => ({ name, type, base64: bytes.toString('base64') }));
  await page.locator(selector).evaluate((element, { event, data }) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of data) {
      const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    element.dispatchEvent(event === 'paste'
      ? new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true })
      : new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, { event, data });
}

const sample = (name, type) => ({ name, type, bytes: readFileSync(join(samples, name)) });
const guitar = sample('guitar.png', 'image/png');
const sunflower = sample('sunflower.png', 'image/png');

async function classify(page, file = guitar) {
  await isReady(page);
  await give(page, '#classify-drop', 'drop', [file]);
  await page.locator('#classify-bars .is-first', { hasText: file.name.split('.')[0] }).waitFor();
}

async function search(page) {
  await page.click('#tab-search');
  await page.click('#search-samples');
  await page.locator('#search-count', { hasText: /^9 images$/ }).waitFor();
  await page.fill('#search-text', 'a musical instrument');
  await page.locator('.is-best', { hasText: 'guitar.png' }).waitFor();
}

async function startCamera(page) {
  await page.click('#tab-video');
  await page.click('#video-camera');
  await page.locator('#video-bars .bar').first().waitFor();
}

async function snippet(page, language) {
  await page.locator('details.code').evaluate(details => { details.open = true; });
  await page.click(`#code-${language}`);
  return page.locator('#code-text').innerText();
}

// ---------------------------------------------------------------------------------------------------------------------

await check('classifies a dropped image, as the API does', async page => {
  await classify(page);
  const labels = await text(page, '#labels .chip span');
  const response = await fetch(`${base}/v1/classify`, {
    method: 'POST',
    body: JSON.stringify({ model: 'demo', input: [{ image: guitar.bytes.toString('base64') }], labels }),
  });
  const [{ predictions }] = (await response.json()).data;
  equal(await text(page, '#classify-bars .bar-label'), predictions.map(prediction => prediction.label));
  equal((await text(page, '#classify-bars .bar-percent'))[0], `${(100 * predictions[0].score).toFixed(1)} %`);
  equal(await text(page, '#classify-timings dt'), ['Decode', 'Queue', 'Inference', 'Server', 'Round trip']);
  isTrue((await text(page, '#classify-status'))[0].startsWith('guitar, 9'), 'nothing is announced');
});

await check('shows cosines on hover and on request', async page => {
  await classify(page);
  const cosine = page.locator('#classify-bars .bar-cosine').first();
  isTrue(/^cosine 0\.\d{4}$/.test(await cosine.innerText()), await cosine.innerText());
  const opacity = () => cosine.evaluate(element => getComputedStyle(element).opacity);
  equal(await opacity(), '0');
  await page.hover('#classify-bars .bar');
  equal(await opacity(), '1');
  await page.mouse.move(0, 0);
  await page.click('#classify-cosines');
  equal(await opacity(), '1');
});

await check('classifies a pasted image, a sample and a photo', async page => {
  await isReady(page);
  await give(page, 'body', 'paste', [sunflower]);
  await page.locator('#classify-bars .is-first', { hasText: 'sunflower' }).waitFor();
  await page.click('[aria-label="Sample: pizza"]');
  await page.locator('#classify-bars .is-first', { hasText: 'pizza' }).waitFor();
  await page.click('#classify-camera');
  await page.click('#camera-take');
  await page.locator('#classify-caption', { hasText: 'webcam.jpg' }).waitFor();
});

await check('edits labels and templates with the keyboard', async page => {
  await classify(page);
  const labels = page.getByLabel('Add a label');
  await labels.fill('banjo');
  await labels.press('Enter');
  await page.locator('#classify-bars .bar', { hasText: 'banjo' }).waitFor();
  await labels.pressSequentially('Banjo,');
  await page.locator('#labels-problem', { hasText: 'in the list already' }).waitFor();
  await labels.fill('');
  await labels.press('Backspace');
  await page.locator('#classify-bars .bar', { hasText: 'banjo' }).waitFor({ state: 'detached' });
  const templates = page.getByLabel('Add a template');
  await templates.fill('a photo');
  await templates.press('Enter');
  await page.locator('#templates-problem', { hasText: '{} exactly once' }).waitFor();
  await templates.fill('a drawing of a {}, in color');
  await templates.press('Enter');
  equal(await text(page, '#templates .chip span'), ['a drawing of a {}, in color']);
  await page.click('[data-preset=ensemble]');
  equal((await text(page, '#templates .chip span')).length, 7);
  await page.getByLabel('Remove guitar').click();
  await page.locator('#classify-bars .bar', { hasText: 'guitar' }).waitFor({ state: 'detached' });
});

await check('explains what cannot be classified', async page => {
  await isReady(page);
  await give(page, '#classify-drop', 'drop', [{ name: 'a.png', type: 'image/png', bytes: Buffer.from('no image') }]);
  await page.locator('#classify-error', { hasText: '“a.png” is not an image' }).waitFor();
  const labels = page.getByLabel('Add a label');
  await labels.fill('banjo');
  await labels.press('Enter');
  await page.locator('#classify-empty', { hasText: 'Choose an image' }).waitFor();
  isTrue(await page.locator('#classify-error').isVisible(), 'a change of the labels hides the error');
  await labels.press('Backspace');
  await page.locator('#classify-drop').evaluate(element => {
    const dataTransfer = new DataTransfer();
    dataTransfer.setData('text/uri-list', 'https://example.com/cat.jpg');
    element.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await page.locator('#classify-error', { hasText: 'nothing is fetched from other sites' }).waitFor();
  await classify(page);
  isTrue(await page.locator('#classify-error').isHidden(), 'the error stays');
});

await check('ranks images by a text, an image and one of them', async page => {
  await search(page);
  const scores = (await text(page, '.tile-score')).map(score => Number(score.replace('−', '-')));
  equal(scores, [...scores].sort((a, b) => b - a));
  await page.setInputFiles('#search-image', join(samples, 'sunflower.png'));
  await page.locator('.is-best', { hasText: 'sunflower.png' }).waitFor();
  equal(await page.locator('.is-best .tile-score').innerText(), '1.000');
  await page.getByRole('button', { name: 'Find images like dog.png' }).click();
  await page.locator('.is-best', { hasText: 'dog.png' }).waitFor();
  await page.click('#search-clear');
  equal(await page.locator('#search-grid li').count(), 0);
});

await check('takes 200 images and marks those that cannot be read', async page => {
  await isReady(page);
  await page.click('#tab-search');
  const files = Array.from({ length: 210 }, (_, index) => ({ ...guitar, name: `guitar-${index}.png` }));
  files[3] = { name: 'broken.png', type: 'image/png', bytes: Buffer.from('no image') };
  await give(page, '#search-drop', 'drop', files);
  await page.locator('#search-error', { hasText: '10 images left out' }).waitFor();
  await page.locator('#search-count', { hasText: /^199 images$/ }).waitFor({ timeout: 60000 });
  equal(await text(page, '#search-grid .is-invalid .tile-score'), ['not readable']);
  await page.fill('#search-text', 'a guitar');
  await page.locator('.is-best').waitFor();
});

await check('classifies a webcam, one frame at a time', async page => {
  await isReady(page);
  let open = 0, most = 0, calls = 0;
  const isCall = request => request.url().endsWith('/Classify');
  page.on('request', request => {
    if (isCall(request)) [open, calls] = [open + 1, calls + 1];
    most = Math.max(most, open);
  });
  for (const event of ['requestfinished', 'requestfailed'])
    page.on(event, request => { if (isCall(request)) open--; });
  await startCamera(page);
  await page.locator('#video-status', { hasText: /[\d.]+ frames per second/ }).waitFor();
  isTrue((await page.locator('#video-timeline').getAttribute('aria-label')).includes('Latest: '), 'no timeline');
  equal(most, 1);
  isTrue(calls > 3, `${calls} calls`);
  await page.click('#video-stop');
  await page.waitForTimeout(500);
  const before = calls;
  await page.waitForTimeout(1000);
  equal(calls, before);
});

await check('classifies a video file', async page => {
  await isReady(page);
  await page.click('#tab-video');
  const video = await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 96;
    const context = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(15), { mimeType: 'video/webm' });
    const chunks = [];
    recorder.addEventListener('dataavailable', event => chunks.push(event.data));
    const stopped = new Promise(resolve => recorder.addEventListener('stop', resolve));
    recorder.start();
    for (let i = 0; i < 30; i++) {
      context.fillStyle = i < 15 ? 'red' : 'blue';
      context.fillRect(0, 0, 96, 96);
      await new Promise(resolve => setTimeout(resolve, 66));
    }
    recorder.stop();
    await stopped;
    return [...new Uint8Array(await new Blob(chunks).arrayBuffer())];
  });
  await page.setInputFiles('#video-file', { name: 'clip.webm', mimeType: 'video/webm', buffer: Buffer.from(video) });
  await page.locator('#video-bars .bar').first().waitFor();
  isTrue((await snippet(page, 'python')).includes('cv2.VideoCapture("clip.webm")'), 'the code has another file');
  page.expected = /Failed to load|MEDIA_ERR|DEMUXER/;
  await page.setInputFiles('#video-file', { name: 'no.webm', mimeType: 'video/webm', buffer: Buffer.from('nothing') });
  await page.locator('#video-error', { hasText: '“no.webm” is not a video' }).waitFor();
});

await check('shows the models, their cards and the health', async page => {
  await isReady(page);
  await page.click('#tab-models');
  await page.locator('#models-health .is-good', { hasText: 'Ready' }).waitFor();
  const card = await page.locator('.model').innerText();
  for (const part of ['demo', 'ready', 'License', 'MIT', 'fp32 on CPU', 'Intended use', 'Out of scope', 'Revision'])
    isTrue(card.includes(part), `${part} is not in ${card}`);
});

await check('writes code that computes what is on screen', async page => {
  await isReady(page);
  await page.click('[aria-label="Sample: guitar"]');
  await page.locator('#classify-bars .is-first', { hasText: 'guitar' }).waitFor();
  const labels = page.getByLabel('Add a label');
  await labels.fill(`"5 $HOME" isn't \`it\` \\ é`);
  await labels.press('Enter');
  await page.click('[data-preset=photo]');
  await page.waitForFunction(() => document.querySelectorAll('#classify-bars .bar').length === 11
    && !document.querySelector('#panel-classify').classList.contains('is-busy'));
  await page.waitForTimeout(500);
  const names = await text(page, '#classify-bars .bar-label');
  const percents = await text(page, '#classify-bars .bar-percent');
  const options = { cwd: join(samples, '..'), encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] };

  const byCurl = JSON.parse(execFileSync('bash', ['-c', await snippet(page, 'curl')], options));
  equal(byCurl.data[0].predictions.map(prediction => prediction.label), names);
  const byNode = execFileSync(
    process.execPath, ['--input-type=module', '-e', await snippet(page, 'javascript')], options);
  isTrue(byNode.startsWith(`guitar ${percents[0]}\n`), byNode);
  for (const language of ['csharp', 'python', 'openai'])
    isTrue((await snippet(page, language)).includes('samples/guitar.png'), language);
  for (const [language, modules] of [['python', 'requests'], ['openai', 'numpy, openai']]) {
    try {
      execFileSync('python3', ['-c', `import ${modules}`], options);
    } catch {
      console.log(`# python3 lacks one of ${modules}: the code in Python is not run`);
      continue;
    }
    const byPython = execFileSync('python3', ['-c', await snippet(page, language)], options);
    isTrue(byPython.startsWith(`guitar ${percents[0].replace(' ', '')}`), byPython);
  }

  await search(page);
  const byRank = JSON.parse(execFileSync('bash', ['-c', await snippet(page, 'curl')], options));
  equal(
    byRank.results.map(result => result.relevance_score.toFixed(3).replace('-', '−')),
    await text(page, '.tile-score'));
});

await check('follows the system to the dark theme, and the button', async page => {
  const background = () => page.evaluate(() => getComputedStyle(document.body.parentElement).backgroundColor);
  const dark = await background();
  await page.click('#theme');
  isTrue(await background() !== dark, `both are ${dark}`);
  await page.reload();
  isTrue(await background() !== dark, 'the choice is forgotten');
}, { colorScheme: 'dark' });

await check('is used with the keyboard', async page => {
  await isReady(page);
  await page.keyboard.press('Tab');
  equal(await page.evaluate(() => document.activeElement.className), 'skip');
  await page.focus('#tab-classify');
  for (const name of ['search', 'video', 'models', 'classify']) {
    await page.keyboard.press('ArrowRight');
    isTrue(await page.locator(`#panel-${name}`).isVisible(), `${name} is not shown`);
    equal(await page.evaluate(() => document.activeElement.id), `tab-${name}`);
  }
});

await check('asks for the key, and keeps it in the tab only', async (page, context) => {
  page.expected = /./; // refusals are in the console too
  await page.click('#offline-key');
  await page.fill('#key-input', 'wrong');
  await page.keyboard.press('Enter');
  await page.locator('#offline', { hasText: 'not valid' }).waitFor();
  await page.click('#key-open');
  await page.fill('#key-input', key);
  await page.keyboard.press('Enter');
  await isReady(page);
  await classify(page);
  isTrue((await snippet(page, 'curl')).includes('Bearer $CLIP_API_KEY'), 'the code has no key');
  const html = await page.content();
  isTrue(!html.includes(key), 'the key is in the document');
  equal(await page.evaluate(() => Object.values(localStorage)), []);
  equal(await context.cookies(), []);
  isTrue(await page.evaluate(key => Object.values(sessionStorage).includes(key), key), 'the key is forgotten');
  await page.click('#key-open');
  await page.click('#key-forget');
  await page.locator('#offline', { hasText: 'needs an API key' }).waitFor();
}, {}, protectedBase);

await check('notices that the server is gone, and that it is back', async (page, context) => {
  await classify(page);
  page.expected = /ERR_INTERNET_DISCONNECTED|ERR_FAILED/;
  await context.setOffline(true);
  await page.click('[data-preset=photo]');
  await page.locator('#offline', { hasText: 'cannot be reached' }).waitFor();
  await page.locator('#classify-error', { hasText: 'cannot be reached' }).waitFor();
  await context.setOffline(false);
  await page.locator('#offline').waitFor({ state: 'hidden' });
  await page.locator('#classify-error button', { hasText: 'Try again' }).click();
  await page.locator('#classify-bars .is-first').waitFor();
});

/** What a tab needs to be full. */
const fill = { classify, search, video: startCamera, models: page => page.click('#tab-models') };

for (const colorScheme of ['light', 'dark']) {
  for (const name of tabs) {
    await check(`has no faults of accessibility: ${name}, ${colorScheme}`, async page => {
      await isReady(page);
      await page.click(`#tab-${name}`);
      await review(page, join(screenshots, `${name}-empty-${colorScheme}.png`));
      if (name === 'classify') await page.click('#classify-cosines');
      await fill[name](page);
      await page.locator('details.code summary').click();
      await review(page, join(screenshots, `${name}-${colorScheme}.png`));
      if (name === 'models') await page.click('#key-open');
      await review(page, join(screenshots, `${name}-more-${colorScheme}.png`));
    }, { colorScheme, reducedMotion: 'reduce' });
  }
}

async function review(page, file) {
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: file, fullPage: true });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  isTrue(violations.length === 0, violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map(node => `${node.html} ${node.failureSummary}`).join('\n')}`).join('\n'));
}

for (const name of tabs) {
  await check(`fits 360 pixels: ${name}`, async page => {
    await isReady(page);
    await page.click(`#tab-${name}`);
    await fill[name](page);
    await page.locator('details.code summary').click();
    await page.evaluate(() => scrollTo(0, 0));
    await page.screenshot({ path: join(screenshots, `${name}-360.png`), fullPage: true });
    const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    equal(widths, [360, 360]);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    equal(violations.map(violation => violation.id), []);
  }, { viewport: { width: 360, height: 740 }, reducedMotion: 'reduce' });
}

await browser.close();
process.exit(failed > 0 ? 1 : 0);
