import assert from 'node:assert/strict';
import { Readable, Writable } from 'node:stream';
import type { Filesystem } from '../../fs/filesystem.js';
import { collect, rejectionOf } from '../assertions.js';
import type { Subject, TestRunner } from '../runner.js';

/** What a caller without types may pass. */
type Call = (fs: Filesystem, options: never) => Promise<unknown>;

const TRUTHS: readonly unknown[] = [0, 1, null, 'false', {}];
const TEXTS: readonly unknown[] = [5, null, true, ['text/plain']];
const MEDIA_TYPES: readonly unknown[] = [...TEXTS, 'png', '', 'image/', 'image/*/x', 'text/plain\r\nX: y'];
const SIGNALS: readonly unknown[] = [5, null, true, 'abort', {}, { aborted: false }];

/** Each method, with what its options must not be. A file is at `f`, directories at `d` and `e`. */
const methods: readonly (readonly [name: string, call: Call, wrong: Record<string, readonly unknown[]>])[] = [
  [
    'write',
    (fs, options) => fs.write('f', 'new', options),
    { overwrite: TRUTHS, contentType: MEDIA_TYPES, filename: TEXTS, signal: SIGNALS },
  ],
  ['writeText', (fs, options) => fs.writeText('f', 'new', options), { overwrite: TRUTHS }],
  ['upload', (fs, options) => fs.upload('f', Readable.from(['new']), options), { overwrite: TRUTHS }],
  [
    'stage',
    async (fs, options) => (await fs.stage('f', 'new', options)).discard(),
    { contentType: MEDIA_TYPES, filename: TEXTS, signal: SIGNALS },
  ],
  ['create', (fs, options) => fs.create('f', options), { wipe: TRUTHS }],
  ['makeDir', (fs, options) => fs.makeDir('d', options), { recreate: TRUTHS }],
  ['makeDirs', (fs, options) => fs.makeDirs('d/new/er', options), { recreate: TRUTHS }],
  ['copy', (fs, options) => fs.copy('g', 'f', options), { overwrite: TRUTHS, preserveTime: TRUTHS }],
  ['move', (fs, options) => fs.move('g', 'f', options), { overwrite: TRUTHS, preserveTime: TRUTHS }],
  ['copyDir', (fs, options) => fs.copyDir('d', 'e', options), { create: TRUTHS, preserveTime: TRUTHS }],
  ['moveDir', (fs, options) => fs.moveDir('d', 'e', options), { create: TRUTHS, preserveTime: TRUTHS }],
  ['removeMany', (fs, options) => fs.removeMany(['f'], options), { assumePresent: TRUTHS }],
  ['removeMany of no files', (fs, options) => fs.removeMany([], options), { assumePresent: TRUTHS }],
  [
    'openRead',
    (fs, options) => fs.openRead('f', options),
    { start: ['0', null, true], end: ['0', null, true] },
  ],
  [
    'scanTree',
    (fs, options) => collect(fs.scanTree('', options)),
    { enter: [5, null, true], sparse: TRUTHS, tolerate: [5, null, true] },
  ],
  ['walk', (fs, options) => collect(fs.walk('', options)), { maxDepth: ['1', null], onError: [5, null] }],
  ['glob', (fs, options) => collect(fs.glob('*', options)), { caseSensitive: TRUTHS }],
  [
    'filterDir',
    (fs, options) => collect(fs.filterDir('', options)),
    { files: ['*', 5], dirs: ['*', 5], excludeFiles: ['*', 5], excludeDirs: ['*', 5] },
  ],
  ['tree', (fs, options) => fs.tree('', options), { maxLevels: ['1', null], dirsFirst: TRUTHS }],
];

/** Arguments that are no options. */
const others: readonly (readonly [name: string, call: (fs: Filesystem) => Promise<unknown>])[] = [
  ['setInfo without changes', (fs) => fs.setInfo('f', undefined as never)],
  ['setInfo by null', (fs) => fs.setInfo('f', null as never)],
  ['setInfo by text', (fs) => fs.setInfo('f', '2026' as never)],
  ['setInfo by a list', (fs) => fs.setInfo('f', [] as never)],
  ['removeMany of one path', (fs) => fs.removeMany('f' as never)],
  ['removeMany of a number', (fs) => fs.removeMany(['f', 5 as never])],
  ['removeMany of nothing', (fs) => fs.removeMany(undefined as never)],
  ['download into nothing', (fs) => fs.download('f', undefined as never)],
  ['download into a number', (fs) => fs.download('f', 5 as never)],
  ['download into a source', (fs) => fs.download('f', Readable.from(['x']) as never)],
  ['readText in no encoding', (fs) => fs.readText('f', 'no such encoding' as never)],
  ['readText in a number', (fs) => fs.readText('f', 5 as never)],
];

export function describeOptionTypes({ describe, it, beforeEach }: TestRunner, subject: Subject): void {
  describe('options of the wrong type', () => {
    beforeEach(async () => {
      const { fs } = subject;
      for (const directory of ['d', 'e']) await fs.makeDir(directory);
      for (const file of ['f', 'g', 'd/h']) await fs.write(file, 'old');
    });

    for (const [name, call, wrong] of methods) {
      it(`are refused by ${name}, which does nothing`, async () => {
        const { fs } = subject;
        for (const [option, values] of Object.entries(wrong)) {
          for (const value of values) {
            assertTold(await rejectionOf(call(fs, { [option]: value } as never)), option);
          }
        }
        for (const options of [null, 5, true, 'overwrite', []]) {
          assertTold(await rejectionOf(call(fs, options as never)), 'options');
        }
        await assertUntouched(fs);
      });

      it(`are not what ${name} has when an option is undefined`, async () => {
        const { fs } = subject;
        const options = Object.fromEntries(Object.keys(wrong).map((option) => [option, undefined]));
        const error = await call(fs, options as never).catch((reason: unknown) => reason);
        assert.equal(error instanceof TypeError, false, String(error));
      });
    }

    it('let go of the source of a write', async () => {
      const { fs } = subject;
      for (const options of [{ overwrite: 0 }, { contentType: 5 }, { signal: 5 }, null]) {
        const source = Readable.from(['new']);
        assert.ok((await rejectionOf(fs.write('f', source, options as never))) instanceof TypeError);
        assert.equal(source.destroyed, true);
      }
    });

    it('are refused where a staged file is published, which can be done still', async () => {
      const { fs } = subject;
      const staged = await fs.stage('f', 'new');
      for (const overwrite of TRUTHS) {
        assertTold(await rejectionOf(staged.publish('f', { overwrite: overwrite as never })), 'overwrite');
      }
      assert.equal(await fs.readText('f'), 'old');
      await staged.publish('f', { overwrite: true });
      assert.equal(await fs.readText('f'), 'new');
    });
  });

  describe('arguments of the wrong type', () => {
    for (const [name, call] of others) {
      it(`are refused: ${name}`, async () => {
        const { fs } = subject;
        await fs.write('f', 'old');
        const error = await rejectionOf(call(fs));
        assert.ok(error instanceof TypeError, String(error));
        assert.equal('code' in error, false, `a raw error of Node: ${error}`);
        assert.equal(await fs.readText('f'), 'old');
      });
    }

    it('are not what a download into a stream has', async () => {
      const { fs } = subject;
      await fs.write('f', 'text');
      const chunks: Buffer[] = [];
      const writable = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          chunks.push(chunk);
          done();
        },
      });
      await fs.download('f', writable);
      assert.equal(Buffer.concat(chunks).toString(), 'text');
    });
  });
}

/** That an error names what is wrong. */
function assertTold(error: unknown, option: string): void {
  assert.ok(error instanceof TypeError, `expected a TypeError about ${option}, got ${error}`);
  assert.ok(error.message.includes(option), `"${error.message}" does not name ${option}`);
}

async function assertUntouched(fs: Filesystem): Promise<void> {
  for (const file of ['f', 'g', 'd/h']) assert.equal(await fs.readText(file), 'old');
  assert.deepEqual(await fs.listDir(''), ['d', 'e', 'f', 'g']);
  assert.deepEqual([await fs.listDir('d'), await fs.listDir('e')], [['h'], []]);
}
