// Times @vladmandic/face-api on a photo: decode, tiny face detector or SSD, expression network; WASM backend with SIMD and
// threads, the fastest that needs no native TensorFlow. Prints JSON.
//   node face_api.mjs NODE_MODULES tiny|ssd PHOTO SECONDS
import {createRequire} from 'node:module';
import fs from 'node:fs';
import path from 'node:path';

const [modules, detector, photo, seconds] = process.argv.slice(2);
const require = createRequire(path.resolve(modules, 'x.js'));
const tf = require('@tensorflow/tfjs');
const wasm = require('@tensorflow/tfjs-backend-wasm');
const sharp = require('sharp');
wasm.setWasmPaths(path.resolve(modules, '@tensorflow/tfjs-backend-wasm/dist') + '/');
await tf.setBackend('wasm');
await tf.ready();
const faceapi = require(path.resolve(modules, '@vladmandic/face-api/dist/face-api.node-wasm.js'));
const models = path.resolve(modules, '@vladmandic/face-api/model');
const [net, options] = detector === 'tiny' ? [faceapi.nets.tinyFaceDetector, new faceapi.TinyFaceDetectorOptions()] :
                                             [faceapi.nets.ssdMobilenetv1, new faceapi.SsdMobilenetv1Options()];
await net.loadFromDisk(models);
await faceapi.nets.faceExpressionNet.loadFromDisk(models);

const bytes = fs.readFileSync(photo);
async function analyze() {
  const {data, info} = await sharp(bytes).removeAlpha().raw().toBuffer({resolveWithObject: true});
  const tensor = tf.tensor3d(new Uint8Array(data), [info.height, info.width, 3], 'int32');
  const faces = await faceapi.detectAllFaces(tensor, options).withFaceExpressions();
  tensor.dispose();
  return faces.length;
}

let faces = 0;
for (let i = 0; i < 3; ++i) faces = await analyze();
const times = [];
for (const begin = performance.now(); times.length < 5 || performance.now() - begin < 1000 * seconds;) {
  const start = performance.now();
  await analyze();
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
const version = `${require('@vladmandic/face-api/package.json').version} (${tf.getBackend()})`;
console.log(JSON.stringify({version, faces, median_ms: times[Math.floor(times.length / 2)]}));
