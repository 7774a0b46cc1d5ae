// The page as a whole: the connection, the model, the key, the theme, the tabs and the code for what is on screen.

import { listModels, ModelState } from './api.js';
import { checkTemplate, Chips } from './chips.js';
import { Classify } from './classify.js';
import { byId, h, tabs } from './dom.js';
import { apiKey, Code, RpcError } from './grpc.js';
import { Models } from './models.js';
import { explain } from './notices.js';
import { Search } from './search.js';
import { languages, pathOf, snippet } from './snippets.js';
import { Video } from './video.js';

const REFRESH = { good: 15000, bad: 3000 };
const MAX_IMAGE_BYTES = 4 << 20;
const MESSAGE_OVERHEAD = 1024;
const THEME = 'clipgrpc.theme';
const LABELS = [
  'cat', 'dog', 'penguin', 'pizza', 'sunflower', 'umbrella', 'fire engine', 'guitar', 'rocket', 'cup of coffee',
];
const ENSEMBLE = [
  'a photo of a {}', 'a photo of the small {}', 'a photo of the large {}', 'a bad photo of the {}', 'art of the {}',
  'itap of a {}', 'a {} in a video game',
];

class App {
  #listing;
  #listed;
  #selected;
  #paths;
  #refreshing;
  #timer;
  #current;
  #language = 'csharp';

  constructor() {
    this.labels = new Chips(
      byId('labels'), { values: LABELS, separators: /[,;\n]/, onChange: () => this.#labelsChanged() });
    this.templates = new Chips(
      byId('templates'), { check: checkTemplate, onChange: () => this.#labelsChanged() });
    this.panels = {
      classify: new Classify(this), search: new Search(this), video: new Video(this), models: new Models(this),
    };
    this.#startTheme();
    this.#startKey();
    this.#startTabs();
    this.#startCode();
    byId('template-presets').addEventListener('click', event => {
      const { preset } = event.target.dataset;
      if (preset) this.templates.set({ none: [], photo: ['a photo of a {}'], ensemble: ENSEMBLE }[preset]);
    });
    byId('model').addEventListener('change', event => {
      this.#selected = event.target.value;
      this.#modelChanged();
    });
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.refresh();
    });
    this.refresh();
  }

  /** The model that calls name; undefined while none is ready. */
  get model() {
    return this.#listed;
  }

  /** Of one call: two images of the largest size fit a message. */
  get imageLimits() {
    const limits = this.#listing?.limits ?? {};
    return {
      bytes: Math.min(MAX_IMAGE_BYTES, (limits.maxMessageBytes ?? Infinity) / 2 - MESSAGE_OVERHEAD),
      pixels: limits.maxImagePixels || Infinity,
      images: limits.maxInputs || Infinity,
    };
  }

  /** Asks the server for its models, and goes on doing so. */
  async refresh() {
    clearTimeout(this.#timer);
    if (this.#refreshing) return;
    this.#refreshing = true;
    let isGood = false;
    try {
      this.#listing = await listModels();
      isGood = true;
      this.#connected();
    } catch (error) {
      this.#disconnected(error);
    } finally {
      this.#refreshing = false;
      if (!document.hidden) this.#timer = setTimeout(() => this.refresh(), isGood ? REFRESH.good : REFRESH.bad);
    }
  }

  /** For errors of calls that say something about the server or the key. */
  failed(error) {
    if (!(error instanceof RpcError)) return;
    if (error.offline) this.#disconnected(error);
    else if (error.code === Code.unauthenticated && apiKey.get() === '') this.askForKey();
    else if (error.code === Code.unavailable) this.refresh();
  }

  askForKey(message = '') {
    const dialog = byId('key');
    byId('key-input').value = apiKey.get();
    byId('key-problem').textContent = message;
    byId('key-forget').hidden = apiKey.get() === '';
    if (!dialog.open) dialog.showModal();
  }

  codeChanged() {
    const panel = this.panels[this.#current];
    if (!panel) return;
    const what = {
      ...panel.snippet(), model: this.model?.name ?? 'demo', logitScale: this.model?.logitScale,
    };
    const path = pathOf(this.#language, what.kind);
    byId('code-text').textContent = path && this.#paths && !this.#paths.has(path)
      ? `This server does not offer ${path} (see Clip:Http in its settings).`
      : snippet(this.#language, what);
  }

  #connected() {
    const { models } = this.#listing;
    byId('offline').hidden = true;
    const select = byId('model');
    const options = models.map(({ name, state }) => h(
      'option', { value: name, disabled: state !== ModelState.ready },
      state === ModelState.ready ? name : `${name} (not ready)`));
    select.replaceChildren(...options);
    select.disabled = options.length === 0;
    if (!models.some(({ name }) => name === this.#selected))
      this.#selected = (models.find(model => model.state === ModelState.ready) ?? models[0])?.name;
    select.value = this.#selected ?? '';
    this.panels.models.render(this.#listing);
    this.#modelChanged();
    if (!this.#paths) this.#readPaths();
  }

  #disconnected(error) {
    const { title, needsKey } = explain(error);
    const isRefused = error.code === Code.unauthenticated || error.code === Code.permissionDenied;
    this.#setStatus('bad', isRefused ? 'no access' : 'offline');
    if (needsKey) {
      const hadKey = apiKey.get() !== '';
      byId('offline').hidden = false;
      byId('offline-text').textContent = hadKey ? error.message : title;
      byId('offline-key').hidden = false;
      return;
    }
    byId('offline').hidden = false;
    byId('offline-text').textContent = error.offline ? 'The server cannot be reached. Trying again …' : title;
    byId('offline-key').hidden = true;
    if (this.#refreshing) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), REFRESH.bad);
  }

  #modelChanged() {
    const before = this.#listed;
    const model = this.#listing.models.find(({ name }) => name === this.#selected);
    this.#listed = model?.state === ModelState.ready ? model : undefined;
    this.#setStatus(this.#listed ? 'good' : 'waiting', this.#listed ? 'ready' : 'not ready');
    if (before?.name === this.#listed?.name && before?.revision === this.#listed?.revision) return;
    this.panels.search.modelChanged();
    if (this.#current === 'classify') this.panels.classify.run();
    this.codeChanged();
  }

  #setStatus(state, text) {
    byId('status').dataset.state = state;
    byId('status-text').textContent = text;
  }

  async #readPaths() {
    const headers = apiKey.get() ? { authorization: `Bearer ${apiKey.get()}` } : {};
    const response = await fetch(new URL('openapi/v1.json', document.baseURI), { headers });
    if (!response.ok) return;
    this.#paths = new Set(Object.keys((await response.json()).paths));
    this.codeChanged();
  }

  #labelsChanged() {
    if (!this.panels) return;
    this.panels.classify.run();
    this.panels.video.labelsChanged();
    for (const button of byId('template-presets').querySelectorAll('button'))
      button.setAttribute('aria-pressed', this.#presetOf() === button.dataset.preset);
    this.codeChanged();
  }

  #presetOf() {
    const templates = this.templates.values;
    if (templates.length === 0) return 'none';
    if (templates.length === 1 && templates[0] === 'a photo of a {}') return 'photo';
    return templates.join('\n') === ENSEMBLE.join('\n') ? 'ensemble' : undefined;
  }

  #startTheme() {
    const set = theme => {
      document.documentElement.dataset.theme = theme;
      byId('theme').setAttribute('aria-label', theme === 'dark' ? 'Use the light theme' : 'Use the dark theme');
      this.panels.video.themeChanged();
    };
    const system = matchMedia('(prefers-color-scheme: dark)');
    const current = () => localStorage.getItem(THEME) ?? (system.matches ? 'dark' : 'light');
    set(current());
    system.addEventListener('change', () => set(current()));
    byId('theme').addEventListener('click', () => {
      localStorage.setItem(THEME, current() === 'dark' ? 'light' : 'dark');
      set(current());
    });
  }

  #startKey() {
    const dialog = byId('key');
    const use = key => {
      apiKey.set(key);
      dialog.close();
      this.#paths = undefined;
      this.refresh();
      this.panels[this.#current].show();
      this.codeChanged();
    };
    byId('key-open').addEventListener('click', () => this.askForKey());
    byId('offline-key').addEventListener('click', () => this.askForKey());
    byId('key-forget').addEventListener('click', () => use(''));
    byId('key-cancel').addEventListener('click', () => dialog.close());
    byId('key-form').addEventListener('submit', event => {
      event.preventDefault();
      const key = byId('key-input').value.trim();
      if (/[^\x21-\x7e]/.test(key)) byId('key-problem').textContent = 'A key has letters, digits and signs only.';
      else use(key);
    });
    byId('camera-take').addEventListener('click', () => byId('camera').close('take'));
    byId('camera-cancel').addEventListener('click', () => byId('camera').close(''));
  }

  #startTabs() {
    const select = tabs(byId('tabs'), tab => this.#show(tab.dataset.panel));
    const ofAddress = () => document.querySelector(`#tabs [data-panel="${CSS.escape(location.hash.slice(1))}"]`);
    addEventListener('hashchange', () => {
      const tab = ofAddress();
      if (tab) select(tab);
    });
    select(ofAddress() ?? byId('tab-classify'));
  }

  #show(name) {
    if (this.#current === name) return;
    this.panels[this.#current]?.hide();
    this.#current = name;
    for (const panel of document.querySelectorAll('main > [role=tabpanel]'))
      panel.hidden = panel.id !== `panel-${name}`;
    history.replaceState(null, '', name === 'classify' ? location.pathname : `#${name}`);
    this.panels[name].show();
    this.codeChanged();
  }

  #startCode() {
    const list = byId('code-tabs');
    list.append(...languages.map(({ id, name }, index) => h(
      'button', { type: 'button', role: 'tab', id: `code-${id}`, 'data-language': id, 'aria-controls': 'code-panel',
        'aria-selected': String(index === 0), tabindex: index === 0 ? 0 : -1 }, name)));
    tabs(list, tab => {
      this.#language = tab.dataset.language;
      byId('code-panel').setAttribute('aria-labelledby', tab.id);
      this.codeChanged();
    });
    byId('code-copy').addEventListener('click', async () => {
      const text = byId('code-copy-text');
      try {
        await navigator.clipboard.writeText(byId('code-text').textContent);
        text.textContent = 'Copied';
      } catch {
        getSelection().selectAllChildren(byId('code-text'));
        text.textContent = 'Selected: press Ctrl+C';
      }
      setTimeout(() => { text.textContent = 'Copy'; }, 2000);
    });
  }
}

new App();
