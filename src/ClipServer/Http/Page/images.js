// Images from files, the clipboard and drops, ready to be sent.

import { byId, h } from './dom.js';

/** What the server reads. Anything else that the browser can show is sent as JPEG. */
const READABLE = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/bmp'];
const REDUCED_SIDE = 1024;
const THUMBNAIL_SIDE = 320;

export const samples = [
  'sunflower.png', 'dog.png', 'pizza.webp', 'guitar.png', 'penguin.png', 'umbrella.png', 'fire-engine.jpg', 'cat.jpg',
  'coffee.jpg',
].map(name => ({ name, url: `page/samples/${name}`, title: name.split('.')[0].replace('-', ' ') }));

export async function fetchSample({ name, url }) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`The sample ${name} cannot be loaded.`);
  const blob = await response.blob();
  return new File([blob], `samples/${name}`, { type: blob.type });
}

/**
 * Files are sent as they are, unless they are large or of a format that the server does not read.
 * @param limits { bytes, pixels }
 * @returns { name, bytes, blob, width, height, isReduced }
 */
export async function readImage(file, limits) {
  const bitmap = await decode(file);
  const { width, height } = bitmap;
  const isReduced =
    file.size > limits.bytes || width * height > limits.pixels || !READABLE.includes(file.type);
  const blob = isReduced ? await draw(bitmap, REDUCED_SIDE) : file;
  bitmap.close();
  return {
    name: file.name || 'image.png', bytes: new Uint8Array(await blob.arrayBuffer()), blob, width, height, isReduced,
  };
}

/** The URL of a small copy; whoever shows it revokes it. */
export async function thumbnail(file) {
  const bitmap = await decode(file);
  const blob = await draw(bitmap, THUMBNAIL_SIDE);
  bitmap.close();
  return URL.createObjectURL(blob);
}

/** A frame of a video as JPEG, with the shorter side no longer than the model's. */
export async function readFrame(video, canvas, side) {
  const scale = Math.min(1, side / Math.min(video.videoWidth, video.videoHeight));
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise(resolve => canvas.toBlob(resolve, 'image/jpeg', 0.92));
}

async function decode(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    throw new Error(
      `“${file.name || 'The file'}” is not an image that can be read. Use JPEG, PNG, WebP, GIF or BMP.`);
  }
}

async function draw(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(bitmap.width * scale)), Math.max(1, Math.round(bitmap.height * scale)));
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 });
}

/**
 * Takes files that are dropped on a zone, chosen with its input, or pasted while its panel is shown.
 * @param onRefuse gets the message for what is dropped and is no file
 */
export function intake(zone, input, panel, onFiles, onRefuse) {
  const accept = list => {
    const files = [...list];
    if (files.length > 0) onFiles(files);
  };
  let depth = 0;
  const mark = change => {
    depth = change === 0 ? 0 : depth + change;
    zone.classList.toggle('is-over', depth > 0);
  };
  zone.addEventListener('dragenter', event => { event.preventDefault(); mark(1); });
  zone.addEventListener('dragleave', () => mark(-1));
  zone.addEventListener('dragover', event => event.preventDefault());
  zone.addEventListener('drop', event => {
    event.preventDefault();
    mark(0);
    if (event.dataTransfer.files.length > 0) accept(event.dataTransfer.files);
    else onRefuse('Only files can be dropped here: nothing is fetched from other sites. Save the image first.');
  });
  input.addEventListener('change', () => {
    accept(input.files);
    input.value = '';
  });
  document.addEventListener('paste', event => {
    if (!panel.hidden && event.clipboardData.files.length > 0) accept(event.clipboardData.files);
  });
}

/** Takes a photo with the camera; undefined if the person closes the dialog. */
export async function takePhoto() {
  const dialog = byId('camera');
  const video = byId('camera-video');
  const stream = await openCamera();
  video.srcObject = stream;
  // It can be closed before the video plays.
  const closed = new Promise(resolve => dialog.addEventListener('close', resolve, { once: true }));
  dialog.returnValue = '';
  dialog.showModal();
  try {
    await video.play();
    await closed;
    if (dialog.returnValue !== 'take') return undefined;
    const blob = await readFrame(video, h('canvas'), 1024);
    return new File([blob], 'webcam.jpg', { type: blob.type });
  } finally {
    stopStream(stream);
    video.srcObject = null;
  }
}

export async function openCamera() {
  if (!navigator.mediaDevices) {
    throw new Error('Browsers allow the camera on https:// and on localhost only. Open this page at one of them.');
  }
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 } }, audio: false });
  } catch (error) {
    throw new Error(error.name === 'NotAllowedError'
      ? 'The camera is blocked for this page. Allow it in the address bar, then try again.'
      : 'No camera was found, or another program uses it.');
  }
}

export const stopStream = stream => stream?.getTracks().forEach(track => track.stop());
