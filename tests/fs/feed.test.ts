import { Buffer } from 'node:buffer';
import { getEventListeners } from 'node:events';
import { Duplex, PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { OperationFailed } from '../../src/errors/errors.js';
import { feed } from '../../src/fs/derived/feed.js';
import type { WriteSource } from '../../src/fs/essentials.js';

/** What a source gives, as text. */
async function textOf(source: WriteSource): Promise<string> {
  const chunks: Buffer[] = [];
  await feed(source, (chunk) => {
    chunks.push(chunk);
    return null;
  });
  return Buffer.concat(chunks).toString();
}

/** A stream that gives what it is told to. */
function pushed(): Readable {
  return new Readable({ read: () => undefined });
}

const ignore = (): null => null;

describe('feed', () => {
  it.each<[string, () => WriteSource]>([
    ['a stream of bytes', () => Readable.from([Buffer.from('ab'), Buffer.from('cd')], { objectMode: false })],
    ['a stream of texts', () => Readable.from(['ab', '', 'cd'])],
    [
      'a stream that decodes',
      () => Readable.from([Buffer.from('abcd')], { objectMode: false }).setEncoding('utf8'),
    ],
    ['a stream of both ways', () => new PassThrough().end('abcd')],
    [
      'an iterable',
      () =>
        (async function* () {
          yield Buffer.from('abcd');
        })(),
    ],
    ['a text', () => 'abcd'],
    ['a Blob', () => new Blob(['ab', 'cd'])],
  ])('gives all of %s in order', async (_, source) => {
    expect(await textOf(source())).toBe('abcd');
  });

  it('gives what is left of a stream of which some was read', async () => {
    const source = new Readable({ read: () => undefined });
    source.push('abcd');
    source.push(null);
    expect(source.read(1).toString()).toBe('a');
    expect(await textOf(source)).toBe('bcd');
  });

  it.each(['data', 'readable'])('gives all of a stream that another listens to for %s', async (event) => {
    const source = pushed();
    source.on(event, () => undefined);
    const text = textOf(source);
    source.push('abcd');
    source.push(null);
    expect(await text).toBe('abcd');
  });

  it('gives all of a stream that was paused', async () => {
    const source = pushed().pause();
    source.push('abcd');
    source.push(null);
    expect(await textOf(source)).toBe('abcd');
  });

  it('gives nothing more while what takes is busy', async () => {
    const source = Readable.from(['a', 'b', 'c']);
    const taken: string[] = [];
    let isBusy = false;
    await feed(source, async (chunk) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      await turn();
      isBusy = false;
      taken.push(chunk.toString());
    });
    expect(taken).toEqual(['a', 'b', 'c']);
  });

  it('holds the stream back while what takes is busy', async () => {
    const source = pushed();
    let goOn: () => void = () => undefined;
    const fed = feed(source, () => new Promise((resolve) => (goOn = resolve)));
    source.push('a');
    await turn();
    expect(source.isPaused()).toBe(true);
    goOn();
    source.push(null);
    await fed;
  });

  it('keeps the order, one after the other, though somebody else has the stream go on', async () => {
    const source = pushed();
    const taken: string[] = [];
    let isBusy = false;
    const fed = feed(source, async (chunk) => {
      expect(isBusy).toBe(false);
      isBusy = true;
      for (let turns = 0; turns < 5; turns++) await turn();
      isBusy = false;
      taken.push(chunk.toString());
    });
    for (const text of ['a', 'b', 'c']) {
      source.push(text);
      source.resume();
      await turn();
    }
    source.push(null);
    await fed;
    expect(taken.join('')).toBe('abc');
  });

  it('takes nothing more of what waits once it was given up', async () => {
    const source = pushed();
    const abort = new AbortController();
    const taken: string[] = [];
    const ends: (() => void)[] = [];
    const fed = feed(
      source,
      (chunk) => {
        taken.push(chunk.toString());
        return new Promise((resolve) => ends.push(resolve));
      },
      abort.signal,
    );
    source.push('a');
    await turn();
    source.resume();
    source.push('b');
    await turn();
    abort.abort(new Error('no longer wanted'));
    await expect(fed).rejects.toThrow('no longer wanted');
    for (const end of ends) end();
    await turn();
    expect(taken).toEqual(['a']);
  });

  it.each<[string, (source: Readable) => void]>([
    ['paused', (source) => void source.pause()],
    ['listened to for readable', (source) => void source.on('readable', () => undefined)],
    [
      'piped into what closes',
      (source) => {
        const elsewhere = new PassThrough();
        source.pipe(elsewhere);
        elsewhere.destroy();
      },
    ],
    ['piped into what nobody reads', (source) => void source.pipe(new PassThrough({ highWaterMark: 1 }))],
  ])('gives all of a stream that is %s by somebody else meanwhile', async (_, meddle) => {
    const source = pushed();
    const text = textOf(source);
    source.push('ab');
    await turn();
    meddle(source);
    for (const chunk of ['cd', 'ef']) {
      await turn();
      source.push(chunk);
    }
    source.push(null);
    expect(await text).toBe('abcdef');
  });

  it('leaves no listener behind but one for late errors', async () => {
    const source = pushed();
    const abort = new AbortController();
    const before = source.eventNames();
    const fed = feed(source, ignore, abort.signal);
    source.on('readable', () => undefined);
    source.destroy(new Error('gone'));
    await expect(fed).rejects.toThrow('gone');
    source.removeAllListeners('readable');
    expect(source.eventNames()).toEqual([...before, 'error']);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  it.each(['at once', 'after a while'])('closes the stream when what takes fails %s', async (when) => {
    const source = pushed();
    const failure = new Error('no room');
    const fed = feed(source, () => {
      if (when === 'at once') throw failure;
      return Promise.reject(failure);
    });
    source.push('a');
    await expect(fed).rejects.toBe(failure);
    expect(source.destroyed).toBe(true);
  });

  it('fails with what the stream fails with', async () => {
    const source = pushed();
    const failure = new Error('gone');
    const fed = feed(source, ignore);
    source.push('a');
    await turn();
    source.destroy(failure);
    await expect(fed).rejects.toBe(failure);
  });

  it('fails when the stream is closed before its end', async () => {
    const source = pushed();
    const fed = feed(source, ignore);
    source.push('a');
    await turn();
    source.destroy();
    await expect(fed).rejects.toThrow(OperationFailed);
  });

  it.each(['before', 'while'])('fails when the stream was closed %s it is read', async (when) => {
    const source = pushed();
    source.on('error', () => undefined);
    if (when === 'before') source.destroy(new Error('gone'));
    const fed = feed(source, ignore);
    if (when === 'while') source.destroy(new Error('gone'));
    await expect(fed).rejects.toThrow('gone');
  });

  it('refuses what is neither bytes nor text, and closes the stream', async () => {
    const source = Readable.from([{ not: 'bytes' }]);
    await expect(feed(source, ignore)).rejects.toThrow(TypeError);
    expect(source.destroyed).toBe(true);
  });

  it.each(['before', 'while'])(
    'fails with the reason when it is aborted %s the stream is read',
    async (when) => {
      const source = pushed();
      const abort = new AbortController();
      const reason = new Error('no longer wanted');
      if (when === 'before') abort.abort(reason);
      const fed = feed(source, ignore, abort.signal);
      abort.abort(reason);
      await expect(fed).rejects.toBe(reason);
      expect(source.destroyed).toBe(true);
    },
  );

  it('tells the reason of an abort, not what the stream fails with for it', async () => {
    const source = pushed();
    const abort = new AbortController();
    const reason = new Error('no longer wanted');
    abort.signal.addEventListener('abort', () => source.destroy(new Error('aborted')));
    const fed = feed(source, ignore, abort.signal);
    abort.abort(reason);
    await expect(fed).rejects.toBe(reason);
  });

  it('leaves a late error of a stream that it has given up to nobody', async () => {
    const source = new Readable({
      read: () => undefined,
      destroy: (_, callback) => void setTimeout(() => callback(new Error('late')), 1),
    });
    const fed = feed(source, () => {
      throw new Error('no room');
    });
    source.push('a');
    await expect(fed).rejects.toThrow('no room');
    await new Promise((resolve) => source.once('close', resolve));
  });

  it('closes a stream of both ways at its end, as to iterate it does', async () => {
    const source = new Duplex({ read: () => undefined, write: (_c, _e, done) => done() });
    const text = textOf(source);
    source.push('abcd');
    source.push(null);
    expect(await text).toBe('abcd');
    expect(source.destroyed).toBe(true);
  });
});
