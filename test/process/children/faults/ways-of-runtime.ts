import assert from 'node:assert/strict';
import * as crypto from 'node:crypto';
import { promisify, TextDecoder } from 'node:util';
import * as v8 from 'node:v8';
import * as zlib from 'node:zlib';
import { afterLoss, pinned, type Scene, type Ways } from './scene.js';

const zeros = ({ lost }: Scene): Buffer => Buffer.alloc(lost.length);

function sha256(bytes: Uint8Array): string {
  return crypto.createHash('sha256').update(bytes).digest('hex');
}

/** Accesses by the runtime: methods of Buffer, crypto and zlib, on the main thread and on the thread pool. */
export const waysOfRuntime: Ways = {
  'Buffer.copy, from the mapping': (scene) => {
    const copy = zeros(scene).fill(1);
    assert.equal(afterLoss(scene).copy(copy), copy.length);
    assert.ok(copy.equals(zeros(scene)));
  },
  'Buffer.copy, into the mapping': (scene) => {
    const view = afterLoss(scene);
    const source = zeros(scene).fill(1);
    source.copy(view);
    assert.ok(view.equals(source));
  },
  'Buffer.from': (scene) => assert.ok(Buffer.from(afterLoss(scene)).equals(zeros(scene))),
  'Buffer.concat': (scene) => assert.ok(Buffer.concat([afterLoss(scene)]).equals(zeros(scene))),
  'Buffer.equals': (scene) => assert.equal(afterLoss(scene).equals(zeros(scene)), true),
  'Buffer.indexOf': (scene) => assert.equal(afterLoss(scene).indexOf('word'), -1),
  'Buffer.fill': (scene) => assert.equal(afterLoss(scene).fill('ab').toString('latin1', 0, 3), 'aba'),
  'Buffer.write': (scene) => assert.equal(afterLoss(scene).write('stored'), 6),
  'Buffer.readUInt32LE': (scene) => assert.equal(afterLoss(scene).readUInt32LE(4), 0),
  'Buffer.swap16': (scene) => assert.equal(afterLoss(scene).swap16()[1], 0),
  "toString('latin1')": (scene) => assert.equal(afterLoss(scene).toString('latin1'), '\0'.repeat(scene.lost.length)),
  "toString('utf8')": (scene) => assert.equal(afterLoss(scene).toString(), '\0'.repeat(scene.lost.length)),
  "toString('hex')": (scene) => assert.equal(afterLoss(scene).toString('hex'), '00'.repeat(scene.lost.length)),
  "toString('base64')": (scene) => assert.equal(afterLoss(scene).toString('base64'), zeros(scene).toString('base64')),
  TextDecoder: (scene) => assert.equal(new TextDecoder().decode(afterLoss(scene)), '\0'.repeat(scene.lost.length)),
  'v8.serialize': (scene) => {
    const copy = v8.deserialize(v8.serialize(afterLoss(scene))) as Uint8Array;
    assert.ok(zeros(scene).equals(copy));
  },
  'a hash': (scene) => assert.equal(sha256(afterLoss(scene)), sha256(zeros(scene))),
  'an HMAC': (scene) => assert.equal(crypto.createHmac('sha1', 'key').update(afterLoss(scene)).digest().length, 20),
  'a cipher': (scene) => {
    const cipher = crypto.createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16));
    assert.equal(cipher.update(afterLoss(scene)).length, scene.lost.length);
  },
  randomFillSync: (scene) => assert.equal(crypto.randomFillSync(afterLoss(scene)).equals(zeros(scene)), false),
  'randomFill, on the thread pool': async (scene) => {
    const view = afterLoss(scene);
    await pinned(scene, promisify(crypto.randomFill<Buffer>)(view));
    assert.equal(view.equals(zeros(scene)), false);
  },
  'scrypt, on the thread pool': async (scene) => {
    const view = afterLoss(scene);
    const key = await pinned(scene, promisify<Buffer, Buffer, number, Buffer>(crypto.scrypt)(view, view, 32));
    assert.ok(key.equals(crypto.scryptSync(zeros(scene), zeros(scene), 32)));
  },
  'digest of Web Crypto': async (scene) => {
    const digest = await pinned(scene, crypto.webcrypto.subtle.digest('SHA-256', afterLoss(scene)));
    assert.equal(Buffer.from(digest).toString('hex'), sha256(zeros(scene)));
  },
  deflateSync: (scene) => assert.ok(zlib.inflateSync(zlib.deflateSync(afterLoss(scene))).equals(zeros(scene))),
  'deflate, on the thread pool': async (scene) => {
    const deflated = await pinned(scene, promisify<Buffer, Buffer>(zlib.deflate)(afterLoss(scene)));
    assert.ok(zlib.inflateSync(deflated).equals(zeros(scene)));
  },
  'brotli, on the thread pool': async (scene) => {
    const compressed = await pinned(scene, promisify<Buffer, Buffer>(zlib.brotliCompress)(afterLoss(scene)));
    assert.ok(zlib.brotliDecompressSync(compressed).equals(zeros(scene)));
  },
};
