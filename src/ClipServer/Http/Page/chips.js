// A list of short texts that are edited as chips.

import { h, icon } from './dom.js';

export class Chips {
  #root;
  #list;
  #input;
  #problem;
  #separators;
  #check;
  #onChange;
  values = [];

  /**
   * @param root has a ul, an input and an element for the message about what is not valid
   * @param separators what ends a text, beside Enter
   * @param check returns why a text is not valid, or nothing
   */
  constructor(root, { values = [], separators = /[\n]/, check = () => undefined, onChange }) {
    this.#root = root;
    this.#list = root.querySelector('ul');
    this.#input = root.querySelector('input');
    this.#problem = root.querySelector('.problem');
    this.#separators = separators;
    this.#check = check;
    this.#onChange = onChange;
    this.#input.addEventListener('keydown', event => this.#press(event));
    this.#input.addEventListener('input', () => this.#split());
    this.#input.addEventListener('blur', () => this.#commit());
    this.#input.addEventListener('paste', event => this.#paste(event));
    root.addEventListener('click', event => {
      if (event.target === root.querySelector('.chips-box')) this.#input.focus();
    });
    this.set(values, false);
  }

  set(values, isChange = true) {
    this.values = [...values];
    this.#render();
    if (isChange) this.#onChange?.();
  }

  #render() {
    this.#list.replaceChildren(...this.values.map((value, index) => h(
      'li', { class: 'chip' }, h('span', {}, value),
      h(
        'button', { type: 'button', 'aria-label': `Remove ${value}`, onclick: () => this.#remove(index) },
        icon('x')))));
  }

  #remove(index) {
    this.set(this.values.filter((_, i) => i !== index));
    this.#input.focus();
  }

  #press(event) {
    if (event.key === 'Enter') {
      event.preventDefault();
      this.#commit();
    } else if (event.key === 'Backspace' && this.#input.value === '' && this.values.length > 0) {
      this.#remove(this.values.length - 1);
    }
  }

  #split() {
    if (this.#separators.test(this.#input.value)) this.#commit();
    else this.#say('');
  }

  #paste(event) {
    const pasted = event.clipboardData.getData('text');
    if (!/\n/.test(pasted.trim())) return;
    event.preventDefault();
    this.#add(pasted.split('\n'));
  }

  #commit() {
    if (this.#add(this.#input.value.split(this.#separators))) this.#input.value = '';
  }

  /** Whether all could be added. */
  #add(texts) {
    const values = [...this.values];
    let problem = '';
    for (const text of texts.map(text => text.trim()).filter(text => text)) {
      const isDuplicate = values.some(value => value.toLowerCase() === text.toLowerCase());
      const found = isDuplicate ? `“${text}” is in the list already.` : this.#check(text);
      if (found) problem = found;
      else values.push(text);
    }
    if (values.length > this.values.length) this.set(values);
    this.#say(problem);
    return !problem;
  }

  #say(problem) {
    this.#problem.textContent = problem;
    this.#input.toggleAttribute('aria-invalid', problem !== '');
    this.#root.classList.toggle('is-invalid', problem !== '');
  }
}

export const checkTemplate = text => text.split('{}').length === 2
  ? undefined : 'A template has {} exactly once, where the label goes: a photo of a {}.';
