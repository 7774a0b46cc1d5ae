// Errors, in words and with the next step.

import { h, icon } from './dom.js';
import { Code, RpcError } from './grpc.js';

/** @returns { title, text, needsKey } */
export function explain(error) {
  if (!(error instanceof RpcError)) return { title: error.message };
  if (error.offline) {
    return {
      title: 'The server cannot be reached.', text: 'It may be stopped or restarting. The page goes on trying.',
    };
  }
  switch (error.code) {
    case Code.unauthenticated:
      return { title: 'The server needs an API key.', text: error.message, needsKey: true };
    case Code.permissionDenied:
      return { title: 'This key does not allow that.', text: error.message, needsKey: true };
    case Code.resourceExhausted:
      return { title: 'The server is busy or a limit is reached.', text: error.message };
    case Code.unavailable:
      return { title: 'The model is not available.', text: error.message };
    case Code.deadlineExceeded:
      return { title: 'The server took too long.', text: error.message };
    case Code.invalidArgument:
    case Code.notFound:
      return { title: error.message };
    default:
      return { title: 'The call failed.', text: error.message };
  }
}

/** Shows an error in its place, or nothing. */
export function showError(place, error, { onRetry, onKey } = {}) {
  place.replaceChildren();
  place.hidden = !error;
  if (!error) return;
  const { title, text, needsKey } = explain(error);
  place.append(icon('alert'), h(
    'div', {}, h('p', { class: 'notice-title' }, title), text && text !== title ? h('p', {}, text) : null));
  if (needsKey && onKey) place.append(h('button', { type: 'button', onclick: onKey }, 'Enter a key'));
  else if (onRetry) place.append(h('button', { type: 'button', onclick: onRetry }, 'Try again'));
}
